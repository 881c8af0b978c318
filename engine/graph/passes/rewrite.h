#pragma once

#include <functional>
#include <optional>

#include "engine/graph/graph.h"

namespace cnnctl {

/// The one op that does the work of `first` and, on its result, `second`; nothing where there is none.
using Join = std::function<std::optional<Op>(const Op& first, const Op& second)>;

/// Joins two nodes into one wherever the second alone reads the first's value and `join` has an op for both. The joined node has the
/// first's layer and inputs, the parameters of the first followed by those of the second, and the shape of the second's value. Values are
/// numbered anew, without gaps.
Graph join_nodes(Graph graph, const Join& join);

/// The same with the nodes, for joins that look at what these read.
using NodeJoin = std::function<std::optional<Op>(const Node& first, const Node& second)>;

/// Joins two nodes into one wherever the second, which may have further inputs, alone reads the first's value and `join` has an op for
/// both; where it could be joined with several, it takes the one whose value is written last. The joined node stands where the second
/// stood, with the first's layer, the inputs of the first followed by the others of the second, and the parameters likewise. Values are
/// numbered anew, without gaps.
Graph join_into_readers(Graph graph, const NodeJoin& join);

/// The op that does the work of `first` and adds a second value of the same shape to its result, before the activation; nothing where
/// there is none.
using SumJoin = std::function<std::optional<Op>(const Op& first, const std::optional<Eltwise>& activation)>;

/// join_into_readers for sums of two values of one shape.
Graph join_into_sums(Graph graph, const SumJoin& join);

/// Removes the nodes of one input for which `removed` holds; their readers read the input instead. Values are numbered anew, without gaps.
Graph remove_nodes(Graph graph, const std::function<bool(const Op&)>& removed);

}  // namespace cnnctl
