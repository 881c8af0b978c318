#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/layers/norm.h"

namespace cnnctl {
namespace {

struct GroupNormArguments {
  std::int64_t num_groups = 0;
  double eps = 1e-5;
  bool affine = true;
};

const Schema<GroupNormArguments> schema =
    Schema<GroupNormArguments>("group_norm", "Normalizes each image over groups of its channels (Wu and He, 2018).", "torch.nn.GroupNorm")
        .required("num_groups", &GroupNormArguments::num_groups, "groups that the channels are split into", at_least(1))
        .optional("eps", &GroupNormArguments::eps, "added to the variance before its root is taken", between(0, 1))
        .optional("affine", &GroupNormArguments::affine, "scales and shifts each channel by trained numbers");

void build(const GroupNormArguments& arguments, LayerBuilder& layer) {
  std::vector<std::string> parts = {fmt::format("groups {}", arguments.num_groups)};
  describe_norm(parts, arguments.eps, GroupNormArguments{}.eps, arguments.affine);
  layer.describe(fmt::format("{}", fmt::join(parts, ", ")));
  if (layer.input().channels % arguments.num_groups != 0)
    throw ShapeError(fmt::format("group_norm's num_groups {} must divide the {} channels of its input {}", arguments.num_groups,
                                 layer.input().channels, to_string(layer.input())));
  layer.apply(GroupNorm{arguments.num_groups, static_cast<float>(arguments.eps), arguments.affine}, layer.input(),
              affine_parameters(layer, arguments.affine));
}

}  // namespace

LayerType group_norm_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
