#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/config/value.h"
#include "engine/diagnostics/diagnostic.h"

namespace cnnctl {

/// The name of the sources that --set's values come from.
inline constexpr const char* set_source = "--set";

/// Whether a place is in what --set says.
inline bool is_of_set(const Place& place) { return place.source && place.source->name == set_source; }

/// KEY=VALUE, taken apart.
struct Assignment {
  /// One part of the dotted path.
  struct Part {
    std::string name;
    Place place;
  };
  std::vector<Part> path;  // never empty
  Value value;

  /// The first `count` parts, with dots between them.
  std::string path_text(std::size_t count) const;
};

/// Reads `text`; its places point into a source called set_source. Returns nothing, with the mistake in `diagnostics`, where it is
/// malformed.
std::optional<Assignment> read_assignment(const std::string& text, Diagnostics& diagnostics);

}  // namespace cnnctl
