#pragma once

#include "engine/runtime/kernels/kernels.h"

namespace cnnctl::CNNCTL_ISA {

// What the files of this folder define, once for each instruction set; kernels.h documents each.
void dropout(const float* x, float* y, std::int64_t count, float p, std::uint64_t key);
void drop_path(const float* x, float* y, std::int64_t images, std::int64_t image_count, float p, std::uint64_t key);
void eltwise_forward(const EltwiseLoop& loop, const float* x, float* y, std::int64_t count);
void eltwise_backward(const EltwiseLoop& loop, const float* kept, const float* dy, float* dx, std::int64_t count);
void channel_scale_forward(const ChannelScaleGeometry& geometry, const float* x, const float* weight, float* y);
void channel_scale_backward(const ChannelScaleGeometry& geometry, const float* x, const float* dy, const float* weight, float* dx,
                            float* dweight, float* scratch);
void maxout_forward(std::int64_t groups, std::int64_t pool_size, std::int64_t pixels, const float* x, float* y);
void maxout_backward(std::int64_t groups, std::int64_t pool_size, std::int64_t pixels, const float* x, const float* dy, float* dx);
void max_pool_forward(const PoolingGeometry& geometry, const float* x, float* y, std::uint8_t* index);
void max_pool_backward(const PoolingGeometry& geometry, const float* dy, const std::uint8_t* index, float* dx);
void plane_moments(const ChannelLayout& layout, const float* x, float* moments);
void norm_forward(const NormGeometry& geometry, const NormTensors& tensors, const float* x, float* y);
void norm_training_forward(const NormGeometry& geometry, const NormTensors& tensors, const float* x, const float* other,
                           const float* moments, float* y, float* scratch);
void norm_training_backward(const NormGeometry& geometry, const NormTensors& tensors, const float* x, const NormGradient& arriving,
                            float* dscale, float* dshift, float* dx, float* scratch);
void norm_relu_pool_forward(const NormPoolingGeometry& geometry, const NormTensors& tensors, const float* x, float* y, std::uint8_t* index,
                            float* scratch);
void norm_relu_pool_backward(const NormPoolingGeometry& geometry, const NormTensors& tensors, const float* x, const float* dy,
                             const std::uint8_t* index, float* dx, float* dscale, float* dshift, float* scratch);
void few_channel_weights(const FewChannelGeometry& geometry, const float* x, const float* dy, float* dw, float* db, float* scratch);
void round_to_bf16(std::int64_t count, const float* x, void* y);
void winograd_weights(const WinogradGeometry& geometry, const float* w, bool transposed, float* u);
void winograd_forward(const WinogradGeometry& geometry, const float* x, const float* weights, bool transposed,
                      const ResultOperations& operations, float* y, float* scratch);
void winograd_backward_weights(const WinogradGeometry& geometry, const float* x, const float* dy, float* dw, float* db, float* scratch);
void pointwise(const PointwiseGeometry& geometry, const PointwiseTensors& tensors, float* y);
void depthwise_forward(const DepthwiseGeometry& geometry, const std::optional<EltwiseLoop>& activation, const float* x, const float* w,
                       const float* bias, float* y, float* scratch);
void depthwise_backward(const DepthwiseGeometry& geometry, const float* x, const float* dy, const float* w,
                        const DepthwiseGradients& gradients, float* parts, float* scratch);
void norm_depthwise_forward(const NormDepthwiseGeometry& geometry, const NormDepthwiseTensors& tensors, float* y, float* scratch);
void norm_depthwise_backward(const NormDepthwiseGeometry& geometry, const NormDepthwiseTensors& tensors, const float* dy,
                             const NormDepthwiseGradients& gradients, float* scratch);
void inverted_residual(const InvertedResidualGeometry& geometry, const InvertedResidualTensors& tensors, float* y, float* scratch);
void combine(const Combination& what, std::int64_t count, const float* a, const float* b, float* y);
void broadcast(const Combination& what, const ChannelLayout& layout, const float* x, const float* s, float* y);
void sum_pixels(const ChannelLayout& layout, const float* a, const float* b, float* sums);
void copy_channels(const ChannelCopy& geometry, bool add, const float* x, float* y);
void average_pool_forward(const SpanPoolingGeometry& geometry, const float* x, float* y);
void average_pool_backward(const SpanPoolingGeometry& geometry, const float* dy, float* dx);
void span_max_pool_forward(const SpanPoolingGeometry& geometry, const float* x, float* y, std::int32_t* pixel);
void span_max_pool_backward(const SpanPoolingGeometry& geometry, const float* dy, const std::int32_t* pixel, float* dx);
void layer_norm_forward(const ChannelLayout& layout, float epsilon, const AffineTensors& affine, const float* x, float* y,
                        float* statistics);
void layer_norm_backward(const ChannelLayout& layout, int threads, const float* weight, const float* x, const float* dy,
                         const float* statistics, const AffineGradients& gradients, float* dx, float* scratch);
void group_norm_forward(const GroupNormGeometry& geometry, const AffineTensors& affine, const float* x, float* y, float* statistics);
void group_norm_backward(const GroupNormGeometry& geometry, const float* weight, const float* x, const float* dy, const float* statistics,
                         const AffineGradients& gradients, float* dx, float* scratch);
void local_response_forward(const LocalResponseGeometry& geometry, const float* x, float* y, float* scratch);
void local_response_backward(const LocalResponseGeometry& geometry, const float* x, const float* dy, float* dx, float* scratch);
void pad_forward(const PadGeometry& geometry, const float* x, float* y);
void pad_backward(const PadGeometry& geometry, const float* dy, float* dx);
void gather_channels(const GatherGeometry& geometry, const float* x, float* y);

}  // namespace cnnctl::CNNCTL_ISA
