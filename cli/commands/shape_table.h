#pragma once

#include <cstddef>
#include <limits>
#include <string>

#include "engine/graph/graph.h"
#include "engine/graph/outline.h"

namespace cnnctl {

/// All levels of a network's groups.
inline constexpr int every_level = std::numeric_limits<int>::max();

/// "3 x 224 x 224", or "1000" for a vector.
std::string spaced(const Shape& shape);

/// A layer's arguments, with the inputs that it names: "64, kernel 3x3, from stem". Of a join, what it joins: "body + shortcut".
std::string arguments_text(const Graph& graph, const OutlineItem& item);

/// The same of the layer behind `branches`' branches.
std::string join_text(const Graph& graph, const OutlineItem& branches);

/// A row a layer, indented below the rows of the groups around it. Groups at level `depth` (top-level items are at 1) are one row with
/// their sums; a branch is no level of its own. A table wider than `columns` loses the arithmetic, then the ends of the arguments.
std::string shape_table(const Graph& graph, const OutlineItem& outline, int depth, std::size_t columns);

}  // namespace cnnctl
