#include "engine/graph/first_convolution.h"

namespace cnnctl {

bool suits_first_rows(const Convolution& op, std::int64_t in_channels) {
  const Window &v = op.vertical, &h = op.horizontal;
  const bool square = v.kernel == 3 && h.kernel == 3;
  const bool steps = v.stride == 2 && h.stride == 2 && v.dilation == 1 && h.dilation == 1;
  return in_channels <= few_channels && op.groups == 1 && square && steps;
}

}  // namespace cnnctl
