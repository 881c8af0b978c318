#include <stdexcept>

#include "engine/runtime/ops/ops.h"

namespace cnnctl {

Backward compile(Compiler&, const Node&, const Binary&) { throw std::runtime_error("binary does not run yet"); }

}  // namespace cnnctl
