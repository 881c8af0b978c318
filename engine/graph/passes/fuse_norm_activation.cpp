#include <utility>

#include "engine/graph/passes/passes.h"
#include "engine/graph/passes/rewrite.h"

namespace cnnctl {
namespace {

/// Whether our own loops have the function.
bool can_join(const Eltwise& op) {
  switch (op.function) {
    case Eltwise::Function::relu:
    case Eltwise::Function::leaky_relu:
    case Eltwise::Function::relu6:
    case Eltwise::Function::hardsigmoid:
    case Eltwise::Function::hardswish:
    case Eltwise::Function::silu:
    case Eltwise::Function::mish:
    case Eltwise::Function::softplus:
      return true;
    case Eltwise::Function::elu:
    case Eltwise::Function::sigmoid:
    case Eltwise::Function::tanh:
    case Eltwise::Function::gelu:
    case Eltwise::Function::gelu_tanh:
      return false;
  }
  return false;
}

}  // namespace

Graph fuse_norm_activation(Graph graph) {
  return join_nodes(std::move(graph), [](const Op& first, const Op& second) -> std::optional<Op> {
    const auto* norm = std::get_if<BatchNorm>(&first);
    const auto* activation = std::get_if<Eltwise>(&second);
    if (norm == nullptr || norm->frozen || norm->activation || norm->residual || activation == nullptr || !can_join(*activation))
      return std::nullopt;
    BatchNorm joined = *norm;
    joined.activation = *activation;
    return joined;
  });
}

}  // namespace cnnctl
