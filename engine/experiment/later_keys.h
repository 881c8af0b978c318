#pragma once

#include <string>
#include <vector>

#include "engine/config/value.h"
#include "engine/diagnostics/diagnostic.h"

namespace cnnctl {

/// A value of a key that belongs to the config language but not to this version of it.
struct LaterKey {
  std::string key;
  std::string value;
  std::string hint;
};

/// Reports the entries of `map` that are among `later` and returns the others. What is no map is returned as it is.
Value without_later_keys(Value map, const std::vector<LaterKey>& later, Diagnostics& diagnostics);

}  // namespace cnnctl
