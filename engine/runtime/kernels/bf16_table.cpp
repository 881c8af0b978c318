#include "engine/runtime/kernels/declarations.h"

namespace cnnctl::CNNCTL_ISA {

extern const Bf16Kernels table;
const Bf16Kernels table = {.winograd = {winograd_weights, winograd_forward, winograd_backward_weights},
                           .norm_relu_pool_backward = norm_relu_pool_backward,
                           .round = round_to_bf16};

}  // namespace cnnctl::CNNCTL_ISA
