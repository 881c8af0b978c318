#include "engine/graph/cost.h"

namespace cnnctl {

std::int64_t parameter_count(const Graph& graph) {
  std::int64_t elements = 0;
  for (const Parameter& parameter : graph.parameters)
    if (parameter.trainable) elements = checked_sum(elements, parameter.count());
  return elements;
}

std::int64_t macs_per_image(const Graph& graph) {
  std::int64_t macs = 0;
  for (const Layer& layer : graph.layers) macs = checked_sum(macs, layer.macs);
  return macs;
}

std::int64_t convolution_macs(const Shape& in, const Shape& out, const Convolution& op) {
  const std::int64_t filter = checked_product(in.channels / op.groups, checked_product(op.vertical.kernel, op.horizontal.kernel));
  return checked_product(out.count(), filter);
}

}  // namespace cnnctl
