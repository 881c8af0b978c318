#include <utility>

#include "engine/graph/passes/passes.h"
#include "engine/graph/passes/rewrite.h"

namespace cnnctl {

Graph fuse_binary_relu(Graph graph) {
  return join_nodes(std::move(graph), [](const Op& first, const Op& second) -> std::optional<Op> {
    const auto* binary = std::get_if<Binary>(&first);
    const auto* activation = std::get_if<Eltwise>(&second);
    if (binary == nullptr || binary->activation || activation == nullptr || activation->function != Eltwise::Function::relu)
      return std::nullopt;
    Binary joined = *binary;
    joined.activation = *activation;
    return joined;
  });
}

}  // namespace cnnctl
