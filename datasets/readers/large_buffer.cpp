#include "datasets/readers/large_buffer.h"

#include <sys/mman.h>
#include <unistd.h>

namespace cnnctl {

std::vector<std::uint8_t> make_large_buffer(std::size_t size) {
  std::vector<std::uint8_t> buffer;
  buffer.reserve(size);
#ifdef MADV_HUGEPAGE
  // Only whole pages may be advised; a refusal changes nothing but the time.
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto address = reinterpret_cast<std::uintptr_t>(buffer.data());
  const std::uintptr_t begin = (address + page - 1) / page * page;
  const std::uintptr_t end = (address + size) / page * page;
  if (begin < end) ::madvise(buffer.data() + (begin - address), end - begin, MADV_HUGEPAGE);
#endif
  buffer.resize(size);
  return buffer;
}

}  // namespace cnnctl
