#include "engine/diagnostics/control.h"

namespace cnnctl {

std::string without_controls(std::string_view text) {
  std::string shown;
  for (const char c : text) {
    if (!shown.empty() && is_control_pair(shown.back(), c))
      shown.back() = '?';
    else
      shown += is_control(c) && c != '\n' ? '?' : c;
  }
  return shown;
}

}  // namespace cnnctl
