#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/graph/graph.h"

namespace cnnctl {

/// A batch of values in double precision, N x C x H x W in that order.
struct PlainTensor {
  std::int64_t images = 0;
  Shape shape;
  std::vector<double> values;

  double& at(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
    return values[static_cast<std::size_t>(((n * shape.channels + c) * shape.height + h) * shape.width + w)];
  }
  double at(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) const { return const_cast<PlainTensor*>(this)->at(n, c, h, w); }
};

/// Values of all parameters, in their order of elements, by ParameterId.
using PlainParameters = std::vector<std::vector<double>>;

/// What a graph gives, by plain loops over its definition: the reference for everything in runtime/. `training` takes the batch's
/// statistics. Knows no dropout that drops.
PlainTensor run_plain(const Graph& graph, const PlainParameters& parameters, const PlainTensor& input, bool training);

}  // namespace cnnctl
