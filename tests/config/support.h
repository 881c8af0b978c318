#pragma once

#include <string>
#include <vector>

#include "engine/config/parse.h"

namespace cnnctl {

/// A text read as a config called net.yaml.
struct Parsed {
  std::shared_ptr<const Source> source;
  Diagnostics diagnostics;
  Value value;

  explicit Parsed(std::string text)
      : source(std::make_shared<const Source>(Source{"net.yaml", std::move(text)})), value(parse_yaml(source, diagnostics)) {}
};

/// "line:column: message" of each mistake.
inline std::vector<std::string> mistakes_in(const Diagnostics& diagnostics) {
  std::vector<std::string> result;
  for (const Diagnostic& diagnostic : diagnostics.sorted()) {
    const std::string where = to_string(diagnostic.place);
    result.push_back(where.substr(where.find(':') + 1) + ": " + diagnostic.message);
  }
  return result;
}

/// What the place of `value` holds.
inline std::string text_of(const Place& place) { return place.source->text.substr(place.begin, place.end - place.begin); }

}  // namespace cnnctl
