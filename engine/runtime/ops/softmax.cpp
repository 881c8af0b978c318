#include "engine/runtime/layout.h"
#include "engine/runtime/ops/ops.h"

namespace cnnctl {

Backward compile(Compiler& compiler, const Node& node, const Softmax&) {
  const ValueId input = node.inputs[0];
  const std::string& layer = compiler.layer_name(node);
  const Tensor x = compiler.shape(input).flat ? compiler.as_vector(compiler.value(input), layer) : compiler.value(input);
  const Tensor y = compiler.allocate(x.desc);
  constexpr int channels = 1;
  const auto forward = softmax_forward_desc(x.desc, channels);
  compiler.add_primitive({layer, "forward", forward.impl_info_str(), format_name(y.desc)}, dnnl::softmax_forward(forward),
                         forward.scratchpad_desc(), {{DNNL_ARG_SRC, x}, {DNNL_ARG_DST, y}});
  compiler.set_value(node.output, y);
  compiler.keep_for_backward(y);
  return [=, &node, &layer](Compiler& c) {
    if (!c.needs_gradient(input)) return;
    const Tensor dy = c.in_format(c.gradient(node.output), y.desc, layer);
    const Tensor dx = c.allocate(y.desc);
    const auto backward = softmax_backward_desc(dy.desc, y.desc, channels, forward);
    c.add_primitive({layer, "backward data", backward.impl_info_str(), format_name(dx.desc)}, dnnl::softmax_backward(backward),
                    backward.scratchpad_desc(), {{DNNL_ARG_DST, y}, {DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_DIFF_SRC, dx}});
    c.add_gradient(input, dx);
  };
}

}  // namespace cnnctl
