#include "engine/runtime/choices.h"

#include <fstream>

#include <fmt/format.h>

#include "engine/runtime/model.h"
#include "engine/runtime/threads.h"

namespace cnnctl {
namespace {

// To be raised when loops of our own become faster or slower, so that older timings are not believed any more.
constexpr int kLoopsVersion = 2;

/// The CPU as the system names it; "" where it does not.
std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (const std::size_t colon = line.find(": "); line.starts_with("model name") && colon != std::string::npos)
      return line.substr(colon + 2);
  return "";
}

}  // namespace

std::string choices_origin() {
  return fmt::format("{}; {}; {} threads; loops {}", runtime_description(), cpu_name(), threads(), kLoopsVersion);
}

}  // namespace cnnctl
