#pragma once

#include <cstddef>
#include <map>
#include <string>

namespace cnnctl {

/// Which of several ways to compute it was chosen for a piece of work: from what describes the work ("forward 100x16x14x14 to 32x14x14,
/// ...") to the way's name ("winograd").
using Choices = std::map<std::string, std::string>;

/// What choices depend on that were found by timing, besides the work itself: the library with its version and instruction set, the CPU,
/// the number of threads, and the state of our own loops.
std::string choices_origin();

/// What finding a model's choices took.
struct Tuning {
  Choices timed;          // those that were timed here
  std::size_t known = 0;  // those that were known before
  double seconds = 0;     // spent on timing
};

}  // namespace cnnctl
