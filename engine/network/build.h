#pragma once

#include <string>

#include "engine/config/value.h"
#include "engine/diagnostics/diagnostic.h"
#include "engine/graph/graph.h"
#include "engine/network/blocks.h"
#include "engine/network/vars.h"

namespace cnnctl {

/// The parts of a config that make a network. Null where the file lacks them. They must outlive build_network.
struct NetworkSource {
  std::string name;
  Place place;           // of the config as a whole, where missing parts are reported
  const Value& input;    // [channels, height, width]
  const Value& model;    // the list of items
  bool complete = true;  // false where the text could not be read to its end: what is missing may stand there
};

/// Turns located values into a graph: groups, branches, blocks, repeat, when, from, names as nn.Sequential gives them. Mistakes go to
/// `diagnostics`, all that can be found: after a layer whose arguments are wrong, shapes are unknown and only arguments are checked
/// further. A mistake inside a block shows each use that led there. Where there are mistakes the graph is good for nothing but its input
/// shape, which has 0 channels where that is wrong too. Sets the input of `vars`.
Graph build_network(const NetworkSource& source, Vars& vars, const Blocks& blocks, Diagnostics& diagnostics);

}  // namespace cnnctl
