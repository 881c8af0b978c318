#include "engine/graph/glob.h"

#include <cstddef>

namespace cnnctl {

bool glob_matches(const std::string& glob, const std::string& name) {
  std::size_t g = 0;
  std::size_t n = 0;
  std::size_t star = std::string::npos;  // the last star seen, and how much of the name it is tried with
  std::size_t taken = 0;
  while (n < name.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      taken = n;
    } else if (g < glob.size() && (glob[g] == '?' || glob[g] == name[n])) {
      ++g;
      ++n;
    } else if (star != std::string::npos) {
      g = star + 1;
      n = ++taken;
    } else {
      return false;
    }
  }
  return glob.find_first_not_of('*', g) == std::string::npos;
}

}  // namespace cnnctl
