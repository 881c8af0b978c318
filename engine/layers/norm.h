#pragma once

#include <string>
#include <vector>

#include "engine/layers/layer.h"

namespace cnnctl {

/// A normalization's weight (of ones) and bias (of zeros), a number a channel; none where it is not affine.
std::vector<ParameterId> affine_parameters(LayerBuilder& layer, bool affine);

/// The arguments that layer_norm and group_norm share, where they differ from the defaults, for Layer::arguments.
void describe_norm(std::vector<std::string>& parts, double eps, double default_eps, bool affine);

}  // namespace cnnctl
