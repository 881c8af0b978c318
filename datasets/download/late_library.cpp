#include "datasets/download/late_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <stdexcept>

namespace cnnctl {

LateLibrary::LateLibrary(const char* file, const char* package) : file_(file), handle_(::dlopen(file, RTLD_NOW | RTLD_LOCAL)) {
  if (handle_ == nullptr)
    throw std::runtime_error(fmt::format("fetching files needs the library {} (Debian's package {}): {}", file, package, ::dlerror()));
}

void* LateLibrary::address_of(const char* name) const {
  void* address = ::dlsym(handle_, name);
  if (address == nullptr) throw std::runtime_error(fmt::format("the library {} has no {}", file_, name));
  return address;
}

}  // namespace cnnctl
