#include "cli/commands/openmp_waits.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace cnnctl {
namespace {

// The first also holds after the new start, so that there is no second. By the last three libgomp has bound this thread to one core, and
// the new start would have no other.
constexpr std::array user_choices = {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY"};

// About 20 to 50 microseconds, as long as the kernel needs to put a thread to sleep and wake it. docs/performance.md has the figures.
constexpr const char* spin_count = "1000";

}  // namespace

void shorten_openmp_waits(char** arguments) {
  if (std::any_of(user_choices.begin(), user_choices.end(), [](const char* name) { return std::getenv(name) != nullptr; })) return;
  std::error_code error;
  // The file's own path rather than /proc/self/exe, which would be the name in lists of processes.
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error || setenv("GOMP_SPINCOUNT", spin_count, 1) != 0) return;
  execv(program.c_str(), arguments);
  unsetenv("GOMP_SPINCOUNT");  // still here: without it, then
}

}  // namespace cnnctl
