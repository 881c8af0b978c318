#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "engine/graph/graph.h"

namespace cnnctl {

/// The one op that does the work of `first` and, on its result, `second`; nothing where there is none.
using Join = std::function<std::optional<Op>(const Op& first, const Op& second)>;

/// Joins two nodes into one wherever the second alone reads the first's value and `join` has an op for both. The joined node has the
/// first's layer and inputs, the parameters of the first followed by those of the second, and the shape of the second's value. Values are
/// numbered anew, without gaps.
Graph join_nodes(Graph graph, const Join& join);

/// Removes the nodes of one input for which `removed` holds; their readers read the input instead. Values are numbered anew, without gaps.
Graph remove_nodes(Graph graph, const std::function<bool(const Op&)>& removed);

}  // namespace cnnctl
