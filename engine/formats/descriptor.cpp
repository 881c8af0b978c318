#include "engine/formats/descriptor.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace cnnctl {

Descriptor::~Descriptor() {
  if (is_open()) ::close(number_);
}

bool Descriptor::write(std::string_view bytes) const {
  constexpr std::size_t most_per_call = std::size_t{1} << 30;  // the system's calls may refuse 2 GiB and more
  while (!bytes.empty()) {
    const ssize_t count = ::write(number_, bytes.data(), std::min(bytes.size(), most_per_call));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool Descriptor::close() { return ::close(std::exchange(number_, -1)) == 0; }

void fail_to_write(const std::string& path, int error) {
  throw std::runtime_error(fmt::format("{}: cannot be written: {}", path, std::generic_category().message(error)));
}

}  // namespace cnnctl
