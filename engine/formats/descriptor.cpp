#include "engine/formats/descriptor.h"

#include <unistd.h>

#include <utility>

namespace cnnctl {

Descriptor::~Descriptor() {
  if (is_open()) ::close(number_);
}

bool Descriptor::close() { return ::close(std::exchange(number_, -1)) == 0; }

}  // namespace cnnctl
