#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/formats/pytorch/pickle_value.h"

namespace cnnctl {

/// A state_dict in a pickle: its tensors by name, how it was reached, and what was passed by or is no tensor (a thousand names at most).
struct StateDict {
  std::map<std::string, PickledTensor> tensors;
  std::string key;
  std::vector<std::string> left_out;
};

/// Finds the one dictionary of tensors: under a usual name, else the whole, else the only one there is. Throws InputError with `path` and
/// what there is where it is none or several.
StateDict find_state_dict(const PickledValues& values, const std::string& path);

}  // namespace cnnctl
