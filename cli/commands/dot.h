#pragma once

#include <string>

#include "engine/graph/graph.h"
#include "engine/graph/outline.h"

namespace cnnctl {

/// The network as a graph in Graphviz's language: a node a layer, with its arguments and its output's shape, a cluster a group, and at each
/// edge the shape of what flows there. Branching items have no cluster: their edges show the branches. Groups at level `depth` are one
/// node. Source: https://graphviz.org/doc/info/lang.html
std::string to_dot(const Graph& graph, const OutlineItem& outline, int depth);

}  // namespace cnnctl
