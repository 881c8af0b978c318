#pragma once

#include <string>
#include <vector>

#include "engine/network/build.h"

namespace cnnctl {

using Names = std::vector<std::string>;

/// A network built from a config's text, with all that was found on the way.
struct Built {
  Graph graph;
  Diagnostics diagnostics;

  Names names() const;       // of the layers
  Names parameters() const;  // of all tensors
  Names messages() const;
  /// "line: message" of every mistake, its notes indented behind it as "line: note".
  Names located() const;
};

/// Builds the network of a config's text: vars, blocks, input and model.
Built build(const std::string& yaml);

/// The same of a model alone, on an input of 4x8x8.
Built build_model(const std::string& model);

}  // namespace cnnctl
