#include "engine/runtime/kernels/declarations.h"

namespace cnnctl::CNNCTL_ISA {

extern const KernelTable table;
const KernelTable table = {.name = CNNCTL_ISA_NAME,
                           .vector_width = CNNCTL_ISA_WIDTH,
                           .dropout = dropout,
                           .drop_path = drop_path,
                           .eltwise_forward = eltwise_forward,
                           .eltwise_backward = eltwise_backward,
                           .channel_scale_forward = channel_scale_forward,
                           .channel_scale_backward = channel_scale_backward,
                           .maxout_forward = maxout_forward,
                           .maxout_backward = maxout_backward,
                           .max_pool_forward = max_pool_forward,
                           .max_pool_backward = max_pool_backward,
                           .channel_moments = channel_moments,
                           .norm_relu_pool_forward = norm_relu_pool_forward,
                           .norm_relu_pool_backward = norm_relu_pool_backward,
                           .few_channel_weights = few_channel_weights,
                           .winograd_weights = winograd_weights,
                           .winograd_forward = winograd_forward,
                           .winograd_backward_weights = winograd_backward_weights,
                           .combine = combine,
                           .broadcast = broadcast,
                           .sum_pixels = sum_pixels,
                           .copy_channels = copy_channels,
                           .average_pool_forward = average_pool_forward,
                           .average_pool_backward = average_pool_backward,
                           .span_max_pool_forward = span_max_pool_forward,
                           .span_max_pool_backward = span_max_pool_backward,
                           .layer_norm_forward = layer_norm_forward,
                           .layer_norm_backward = layer_norm_backward,
                           .group_norm_forward = group_norm_forward,
                           .group_norm_backward = group_norm_backward,
                           .local_response_forward = local_response_forward,
                           .local_response_backward = local_response_backward,
                           .pad_forward = pad_forward,
                           .pad_backward = pad_backward,
                           .gather_channels = gather_channels};

}  // namespace cnnctl::CNNCTL_ISA
