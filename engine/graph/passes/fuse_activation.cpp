#include <utility>

#include "engine/graph/passes/passes.h"
#include "engine/graph/passes/rewrite.h"

namespace cnnctl {
namespace {

// Our own loops compute the padding of channels too, which has to stay zero, and oneDNN 2.6 has none of the functions left out.
bool can_join(const Eltwise& op) { return keeps_zero(op) || !has_own_loop(op); }

}  // namespace

Graph fuse_activation(Graph graph) {
  return join_nodes(std::move(graph), [](const Op& first, const Op& second) -> std::optional<Op> {
    const auto* convolution = std::get_if<Convolution>(&first);
    const auto* activation = std::get_if<Eltwise>(&second);
    if (convolution == nullptr || convolution->activation || activation == nullptr || !can_join(*activation)) return std::nullopt;
    // Where the convolution cannot add in place, a loop adds behind it, which knows relu alone.
    if (convolution->residual && activation->function != Eltwise::Function::relu) return std::nullopt;
    Convolution joined = *convolution;
    joined.activation = *activation;
    return joined;
  });
}

}  // namespace cnnctl
