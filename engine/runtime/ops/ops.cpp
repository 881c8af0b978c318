#include "engine/runtime/ops/ops.h"

#include <stdexcept>
#include <utility>

#include <fmt/format.h>

namespace cnnctl {
namespace {

/// Does a part of the node's compilation; a failure names the layer, others pass: a chooser waits for what reads the data.
template <class Work>
auto naming_layer(const Compiler& compiler, const Node& node, const Work& work) {
  try {
    return work();
  } catch (const dnnl::error& error) {
    throw std::runtime_error(fmt::format("{}: oneDNN cannot do this {}: {}", compiler.layer_name(node), op_name(node.op), error.what()));
  } catch (const CompilationError& error) {
    throw std::runtime_error(fmt::format("{}: {}", compiler.layer_name(node), error.what()));
  }
}

}  // namespace

Backward compile_node(Compiler& compiler, const Node& node) {
  Backward backward =
      naming_layer(compiler, node, [&] { return std::visit([&](const auto& op) { return compile(compiler, node, op); }, node.op); });
  if (!backward) return {};
  return [&node, backward = std::move(backward)](Compiler& c) { naming_layer(c, node, [&] { backward(c); }); };
}

WindowDims window_dims(const Window& vertical, const Window& horizontal) {
  return {{vertical.kernel, horizontal.kernel},
          {vertical.stride, horizontal.stride},
          {vertical.dilation - 1, horizontal.dilation - 1},
          {vertical.padding_begin, horizontal.padding_begin},
          {vertical.padding_end, horizontal.padding_end}};
}

}  // namespace cnnctl
