// A library for LD_PRELOAD that makes the file calls of a program go wrong, so that tests need no luck and the program no hooks. It counts
// the calls that open for writing, write, cut, flush, rename and remove files whose path contains FAULTS_PATH, from 1, and
//   FAULTS_KILL=N         kills the process at call N, as kill -9 would; a write has then written half of its bytes
//   FAULTS_FAIL=N-M:E     has calls N to M fail with errno E; a write has then written half of its bytes
//   FAULTS_COUNT=FILE     writes the number of calls into FILE when the process ends
// What the process inherits (standard output) is left alone.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

struct Plan {
  const char* path = std::getenv("FAULTS_PATH");
  const char* count_file = std::getenv("FAULTS_COUNT");
  int kill = 0, fail_first = 0, fail_last = -1, error = 0;

  Plan() {
    if (const char* text = std::getenv("FAULTS_KILL")) kill = std::atoi(text);
    if (const char* text = std::getenv("FAULTS_FAIL")) std::sscanf(text, "%d-%d:%d", &fail_first, &fail_last, &error);
  }
};

const Plan& plan() {
  static const Plan plan;
  return plan;
}

std::atomic<int> calls = 0;
std::array<std::atomic<bool>, 1024> watched;  // by file descriptor

bool is_watched(const char* path) { return plan().path && std::strstr(path, plan().path); }
bool is_watched(int descriptor) {
  return descriptor >= 0 && static_cast<std::size_t>(descriptor) < watched.size() && watched[static_cast<std::size_t>(descriptor)];
}
void watch(int descriptor, bool is_on) {
  if (descriptor >= 0 && static_cast<std::size_t>(descriptor) < watched.size()) watched[static_cast<std::size_t>(descriptor)] = is_on;
}

template <class Function>
Function next(Function, const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

/// Counts a call. False where it is to fail, with errno set; `half` is done first where it is to go wrong in the middle.
template <class Half>
bool is_fine(Half&& half) {
  const int number = ++calls;
  if (number == plan().kill) {
    half();
    ::kill(::getpid(), SIGKILL);
  }
  if (number < plan().fail_first || number > plan().fail_last) return true;
  half();
  errno = plan().error;
  return false;
}
bool is_fine() {
  return is_fine([] {});
}

int open_with(decltype(&::open) real, const char* path, int flags, mode_t mode) {
  const bool writes = (flags & (O_WRONLY | O_RDWR | O_DIRECTORY)) != 0 && is_watched(path);
  if (writes && !is_fine()) return -1;
  const int descriptor = real(path, flags, mode);
  watch(descriptor, writes && descriptor >= 0);
  return descriptor;
}

mode_t mode_of(int flags, va_list arguments) { return flags & O_CREAT ? va_arg(arguments, mode_t) : 0; }

struct Report {
  ~Report() {
    if (!plan().count_file) return;
    if (std::FILE* file = std::fopen(plan().count_file, "w")) {
      std::fprintf(file, "%d\n", calls.load());
      std::fclose(file);
    }
  }
} report;

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_with(next(&::open, "open"), path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_with(next(&::open, "open64"), path, flags, mode);
}

int close(int descriptor) {
  watch(descriptor, false);
  return next(&::close, "close")(descriptor);
}

ssize_t write(int descriptor, const void* bytes, size_t count) {
  const auto real = next(&::write, "write");
  if (is_watched(descriptor) && !is_fine([&] { (void)!real(descriptor, bytes, count / 2); })) return -1;
  return real(descriptor, bytes, count);
}

int fsync(int descriptor) {
  if (is_watched(descriptor) && !is_fine()) return -1;
  return next(&::fsync, "fsync")(descriptor);
}

int fdatasync(int descriptor) {
  if (is_watched(descriptor) && !is_fine()) return -1;
  return next(&::fdatasync, "fdatasync")(descriptor);
}

int ftruncate(int descriptor, off_t size) noexcept {
  if (is_watched(descriptor) && !is_fine()) return -1;
  return next(&::ftruncate, "ftruncate")(descriptor, size);
}

int rename(const char* from, const char* to) noexcept {
  if (is_watched(to) && !is_fine()) return -1;
  return next(&::rename, "rename")(from, to);
}

int unlink(const char* path) noexcept {
  if (is_watched(path) && !is_fine()) return -1;
  return next(&::unlink, "unlink")(path);
}
}
