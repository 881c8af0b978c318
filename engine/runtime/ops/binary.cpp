#include "engine/runtime/layout.h"
#include "engine/runtime/ops/ops.h"

namespace cnnctl {
namespace {

struct Setup {
  std::string layer;
  ValueId first, second;
  Tensor a, b;  // the inputs in formats that go together
  bool broadcast;
};

/// Both inputs in one format, the blocked one where they differ; or a number a channel in the order of the map's channels.
Setup setup_of(Compiler& compiler, const Node& node) {
  Setup s{compiler.layer_name(node), node.inputs[0], node.inputs[1], {}, {}, false};
  s.a = compiler.shaped_value(s.first, s.layer);
  s.b = compiler.shaped_value(s.second, s.layer);
  const Dims a = dims_of(s.a.desc), b = dims_of(s.b.desc);
  s.broadcast = a != b;
  if (s.broadcast) {
    if (!desc_like(s.a.desc, b)) s.a = compiler.in_format(s.a, vector_blocked_desc(a), s.layer);
    s.b = compiler.in_format(s.b, *desc_like(s.a.desc, b), s.layer);
  } else if (!in_vector_blocks(s.a.desc) && in_vector_blocks(s.b.desc)) {
    s.a = compiler.in_format(s.a, s.b.desc, s.layer);
  } else {
    s.b = compiler.in_format(s.b, s.a.desc, s.layer);
  }
  return s;
}

Combination combination_of(const Binary& op) { return {op.kind == Binary::Kind::multiply, op.activation.has_value()}; }

/// x + s or x * s, s being a number a channel of each image.
void add_broadcast(Compiler& c, const std::string& layer, const char* pass, const Combination& what, const Tensor& x, const Tensor& s,
                   const Tensor& y) {
  c.add_kernel({layer, pass, "cnnctl", format_name(y.desc)}, {x, s, y}, [what, layout = *channel_layout(x.desc)](std::span<void* const> b) {
    kernels().broadcast(what, layout, floats(b[0]), floats(b[1]), floats(b[2]));
  });
}

/// The sum over the pixels of dy, or of dy x.
Tensor sum_over_pixels(Compiler& c, const Setup& s, const Tensor& dy, bool times_x) {
  const Tensor sums = c.allocate(s.b.desc);
  const auto run = [layout = *channel_layout(s.a.desc), times_x](std::span<void* const> b) {
    kernels().sum_pixels(layout, floats(b[0]), times_x ? floats(b[1]) : nullptr, floats(b[2]));
  };
  c.add_kernel({s.layer, "backward data", "cnnctl", format_name(sums.desc)}, {dy, times_x ? s.a : dy, sums}, run);
  return sums;
}

Tensor add_forward(Compiler& compiler, const Binary& op, const Setup& s) {
  const bool on_a = compiler.may_overwrite(s.first, s.a), on_b = !s.broadcast && compiler.may_overwrite(s.second, s.b);
  const Tensor y = on_a ? s.a : on_b ? s.b : compiler.allocate(s.a.desc);
  const auto add = s.broadcast ? add_broadcast : add_combination;
  add(compiler, s.layer, "forward", combination_of(op), s.a, s.b, y);
  return y;
}

/// dy b and dy a; each where it is needed.
void add_product_gradients(Compiler& c, const Setup& s, const Tensor& gradient) {
  const Tensor dy = c.in_format(gradient, s.a.desc, s.layer);
  constexpr Combination product{true, false};
  if (c.needs_gradient(s.second)) {
    if (s.broadcast) {
      c.add_gradient(s.second, sum_over_pixels(c, s, dy, true));
    } else {
      const Tensor db = c.allocate(dy.desc);
      add_combination(c, s.layer, "backward data", product, dy, s.a, db);
      c.add_gradient(s.second, db);
    }
  }
  if (!c.needs_gradient(s.first)) return;
  const Tensor da = c.overwrite_or_allocate_gradient(dy);
  const auto add = s.broadcast ? add_broadcast : add_combination;
  add(c, s.layer, "backward data", product, dy, s.b, da);
  c.add_gradient(s.first, da);
}

/// dy to both, without a copy.
void add_sum_gradients(Compiler& c, const Setup& s, const Tensor& dy) {
  if (c.needs_gradient(s.second))
    c.add_gradient(s.second, s.broadcast ? sum_over_pixels(c, s, c.in_format(dy, s.a.desc, s.layer), false) : dy);
  if (c.needs_gradient(s.first)) c.add_gradient(s.first, dy);
}

}  // namespace

void add_combination(Compiler& compiler, const std::string& layer, const char* pass, const Combination& what, const Tensor& a,
                     const Tensor& b, const Tensor& y) {
  const std::int64_t count = count_floats(y.desc);
  compiler.add_kernel({layer, pass, "cnnctl", format_name(y.desc)}, {a, b, y}, [what, count](std::span<void* const> buffers) {
    kernels().combine(what, count, floats(buffers[0]), floats(buffers[1]), floats(buffers[2]));
  });
}

/// By our own loops: oneDNN 2.6's binary primitive with a post-operation writes wrong numbers, and beyond the tensor, where the last block
/// of channels is not full.
Backward compile(Compiler& compiler, const Node& node, const Binary& op) {
  const Setup s = setup_of(compiler, node);
  const bool multiplies = op.kind == Binary::Kind::multiply;
  if (multiplies) {
    compiler.keep_for_backward(s.a);
    compiler.keep_for_backward(s.b);
  }
  const Tensor y = add_forward(compiler, op, s);
  compiler.set_value(node.output, y);
  if (op.activation) compiler.keep_for_backward(y);
  return [=, &node, &op](Compiler& c) {
    Tensor dy = c.gradient(node.output);
    if (op.activation) {
      const Tensor behind = c.in_format(dy, y.desc, s.layer);
      dy = c.overwrite_or_allocate_gradient(behind);
      add_relu_backward(c, s.layer, y, behind, dy);
    }
    multiplies ? add_product_gradients(c, s, dy) : add_sum_gradients(c, s, dy);
  };
}

}  // namespace cnnctl
