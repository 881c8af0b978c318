#include "engine/graph/first_convolution.h"
#include "engine/runtime/layout.h"
#include "engine/runtime/ops/convolution.h"
#include "engine/runtime/threads.h"

namespace cnnctl {
namespace {

std::optional<FewChannelGeometry> geometry_of(const Convolution& op, const Tensor& x, const Tensor& dy) {
  const auto in = channel_layout(x.desc), out = channel_layout(dy.desc);
  if (!in || !out || op.groups != 1 || in->channels > few_channels || op.vertical.dilation != 1 || op.horizontal.dilation != 1)
    return std::nullopt;
  const FewChannelGeometry geometry{*in,
                                    *out,
                                    op.vertical.kernel,
                                    op.horizontal.kernel,
                                    op.vertical.stride,
                                    op.horizontal.stride,
                                    op.vertical.padding_begin,
                                    op.horizontal.padding_begin,
                                    op.vertical.padding_end,
                                    op.horizontal.padding_end,
                                    threads()};
  return few_channel_weights_can(geometry) ? std::optional(geometry) : std::nullopt;
}

}  // namespace

bool add_few_channel_weights(Compiler& compiler, const Node& node, const Convolution& op, const ConvolutionSetup& setup, const Tensor& x,
                             const Tensor& dy) {
  const auto geometry = geometry_of(op, x, dy);
  if (!geometry) return false;
  compiler.write_parameter_gradient(node, 0, plain_desc(setup.weights), [&](const Tensor& dw) {
    const Tensor db = op.bias ? compiler.parameter_gradient(node, 1) : dw;
    const Tensor scratch = compiler.allocate_floats(few_channel_scratch(*geometry) * geometry->threads);
    const auto run = [g = *geometry, has_bias = op.bias](std::span<void* const> b) {
      kernels().few_channel_weights(g, floats(b[0]), floats(b[1]), floats(b[2]), has_bias ? floats(b[3]) : nullptr, floats(b[4]));
    };
    compiler.add_kernel(convolution_label(setup, "backward weights", "cnnctl", x.desc), {x, dy, dw, db, scratch}, run);
  });
  return true;
}

}  // namespace cnnctl
