#include "engine/layers/norm.h"

#include <fmt/format.h>

namespace cnnctl {

std::vector<ParameterId> affine_parameters(LayerBuilder& layer, bool affine) {
  if (!affine) return {};
  const std::int64_t channels = layer.input().channels;
  const ParameterId weight = layer.parameter("weight", {channels}, {Initializer::Kind::constant, 1});
  return {weight, layer.parameter("bias", {channels}, {Initializer::Kind::constant, 0})};
}

void describe_norm(std::vector<std::string>& parts, double eps, double default_eps, bool affine) {
  if (eps != default_eps) parts.push_back(fmt::format("eps {}", eps));
  if (!affine) parts.emplace_back("not affine");
}

}  // namespace cnnctl
