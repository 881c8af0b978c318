#include "engine/diagnostics/control.h"

#include <algorithm>

namespace cnnctl {

std::string without_controls(std::string_view text) {
  std::string shown(text);
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return is_control(c) && c != '\n'; }, '?');
  return shown;
}

}  // namespace cnnctl
