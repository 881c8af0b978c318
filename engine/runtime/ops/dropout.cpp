#include "engine/runtime/kernels/kernels.h"
#include "engine/runtime/layout.h"
#include "engine/runtime/ops/ops.h"

namespace cnnctl {
namespace {

/// Scales what survives. The mask follows from the training step, the layer and the place alone, so the backward pass draws it again
/// instead of storing it.
void add_mask(Compiler& compiler, const Node& node, const Dropout& op, const Tensor& x, const Tensor& y, const char* pass) {
  const std::int64_t count = count_floats(x.desc);
  const std::int64_t images = compiler.batch_size();
  const std::uint64_t& state = compiler.dropout_state();
  const auto run = [count, images, op, &state, output = node.output](std::span<void* const> buffers) {
    const auto* from = floats(buffers[0]);
    auto* to = floats(buffers[1]);
    const std::uint64_t key = state + static_cast<std::uint64_t>(output) * 0x9E3779B97F4A7C15U;
    if (op.whole_images)  // every format has the images outermost
      kernels().drop_path(from, to, images, count / images, op.probability, key);
    else
      kernels().dropout(from, to, count, op.probability, key);
  };
  compiler.add_kernel({compiler.layer_name(node), pass, "cnnctl", format_name(y.desc)}, {x, y}, run);
}

}  // namespace

/// Of training alone: passes/drop_training_only removes it for evaluation.
Backward compile(Compiler& compiler, const Node& node, const Dropout& op) {
  const ValueId input = node.inputs[0];
  const Tensor y = compiler.overwrite_or_allocate(input);
  add_mask(compiler, node, op, compiler.value(input), y, "forward");
  compiler.set_value(node.output, y);
  return [&node, &op, input, y](Compiler& c) {
    if (!c.needs_gradient(input)) return;
    // An element's mask follows from its place in memory, so the gradient has to stand as the result did.
    const std::string& layer = c.layer_name(node);
    const Tensor dy = c.in_format(c.gradient(node.output), y.desc, layer);
    const Tensor dx = c.overwrite_or_allocate_gradient(dy);
    add_mask(c, node, op, dy, dx, "backward data");
    c.add_gradient(input, dx);
  };
}

}  // namespace cnnctl
