#include "engine/graph/depthwise.h"

namespace cnnctl {

bool suits_depthwise(const Convolution& op, std::int64_t in_channels) {
  const Window &v = op.vertical, &h = op.horizontal;
  const bool square = v.kernel == h.kernel && (v.kernel == 3 || v.kernel == 5 || v.kernel == 7);
  const bool steps = v.stride == h.stride && (v.stride == 1 || v.stride == 2) && v.dilation == 1 && h.dilation == 1;
  const bool padding = v.padding_begin < v.kernel && h.padding_begin < h.kernel;
  return op.groups > 1 && op.groups == in_channels && op.groups == op.out_channels && square && steps && padding;
}

}  // namespace cnnctl
