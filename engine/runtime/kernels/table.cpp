#include "engine/runtime/kernels/declarations.h"

namespace cnnctl::CNNCTL_ISA {

extern const KernelTable table;
const KernelTable table = {CNNCTL_ISA_NAME,        dropout,
                           max_pool_forward,       max_pool_backward,
                           norm_relu_pool_forward, norm_relu_pool_backward,
                           few_channel_weights,    adaptive_pool_forward,
                           adaptive_pool_backward};

}  // namespace cnnctl::CNNCTL_ISA
