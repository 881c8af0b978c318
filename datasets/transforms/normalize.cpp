#include <fmt/format.h>

#include "datasets/transforms/transforms.h"

namespace cnnctl {
namespace {

const Schema<ChannelStatistics>& schema() {
  static const Schema<ChannelStatistics> normalize =
      Schema<ChannelStatistics>(
          "normalize", "(value - mean) / std for every channel, after bytes were scaled to [0, 1]. data.normalize does it to all splits.",
          "torchvision.transforms.Normalize")
          .required("mean", &ChannelStatistics::means, "mean of each channel")
          .required("std", &ChannelStatistics::deviations, "standard deviation of each channel", at_least(1e-30));
  return normalize;
}

Transform build(const ChannelStatistics& arguments) {
  Transform transform;
  transform.statistics = arguments;
  return transform;
}

}  // namespace

TransformType normalize_transform() { return transform_type(schema(), build); }

}  // namespace cnnctl
