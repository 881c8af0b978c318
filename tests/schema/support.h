#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/config/parse.h"

namespace cnnctl {

/// The value that `text` is in YAML, with places in a source called net.yaml.
inline Value yaml(const std::string& text) {
  Diagnostics diagnostics;
  Value value = parse_yaml(std::make_shared<const Source>(Source{"net.yaml", text}), diagnostics);
  throw_if_errors(diagnostics);
  return value;
}

/// The messages of all mistakes, each with its hint, where it has one, in brackets.
inline std::vector<std::string> messages(const Diagnostics& diagnostics) {
  std::vector<std::string> result;
  for (const Diagnostic& diagnostic : diagnostics.sorted())
    result.push_back(diagnostic.message + (diagnostic.hint.empty() ? "" : " [" + diagnostic.hint + "]"));
  return result;
}

}  // namespace cnnctl
