#pragma once

#include <string>
#include <vector>

#include "engine/graph/graph.h"

namespace cnnctl {

/// Freezes the parameters whose names match one of the globs: they keep their values in training, and nothing is computed for their
/// gradients alone. A batch_norm whose weight and bias (or, where it has none, running statistics) are all frozen is frozen as a whole.
void freeze(Graph& graph, const std::vector<std::string>& globs);

}  // namespace cnnctl
