#include "engine/runtime/ops/ops.h"

#include <stdexcept>

#include <fmt/format.h>

namespace cnnctl {

Backward compile_node(Compiler& compiler, const Node& node) {
  try {
    return std::visit([&](const auto& op) { return compile(compiler, node, op); }, node.op);
  } catch (const dnnl::error& error) {
    throw std::runtime_error(fmt::format("{}: oneDNN cannot do this {}: {}", compiler.layer_name(node), op_name(node.op), error.what()));
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("{}: {}", compiler.layer_name(node), error.what()));
  }
}

WindowDims window_dims(const Window& vertical, const Window& horizontal) {
  return {{vertical.kernel, horizontal.kernel},
          {vertical.stride, horizontal.stride},
          {vertical.dilation - 1, horizontal.dilation - 1},
          {vertical.padding_begin, horizontal.padding_begin},
          {vertical.padding_end, horizontal.padding_end}};
}

}  // namespace cnnctl
