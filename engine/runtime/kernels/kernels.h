#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/runtime/channel_layout.h"
#include "engine/runtime/kernels/depthwise.h"
#include "engine/runtime/kernels/eltwise_loop.h"
#include "engine/runtime/kernels/inverted_residual.h"
#include "engine/runtime/kernels/pointwise.h"
#include "engine/runtime/kernels/winograd.h"

namespace cnnctl {

/// Loops of our own, where they beat the library (docs/performance.md has the figures). Plain C++ over vectors, compiled once for each
/// instruction set that the machine may have; kernels() picks at run time. All run on OpenMP's threads, in parts that do not depend on
/// timing: same threads, same bits.

/// A pooling window over maps in the same channel layout on both sides. The last windows may hang over the input's end.
struct PoolingGeometry {
  ChannelLayout in;
  ChannelLayout out;
  std::int64_t kernel_height = 1, kernel_width = 1;
  std::int64_t stride_height = 1, stride_width = 1;
  std::int64_t padding_top = 0, padding_left = 0;
  std::int64_t dilation_height = 1, dilation_width = 1;
};

/// What one output pixel of a pooling covers of the input, in one dimension, and its share in a mean: the window's is the product of the
/// two dimensions'.
struct PoolingSpan {
  std::int64_t first = 0, last = 0;  // half-open
  float share = 1;
};

/// A pooling whose windows may differ by place, between maps in the same blocks of 8 or 16 channels.
struct SpanPoolingGeometry {
  ChannelLayout in;
  ChannelLayout out;
  std::vector<PoolingSpan> rows;     // one for each row of the output
  std::vector<PoolingSpan> columns;  // one for each column
};

/// Batch norm with relu and max pooling behind it, all in one: the normalized map is never written.
struct NormPoolingGeometry {
  PoolingGeometry pooling;
  float epsilon = 1e-5F;
};

/// A number a channel each. scale and shift are nullptr where the layer is not affine.
struct NormTensors {
  const float* scale = nullptr;
  const float* shift = nullptr;
  float* mean = nullptr;      // of the batch
  float* variance = nullptr;  // of the batch, biased
};

/// Batch norm of maps in blocks of 8 or 16 channels, with the function behind it.
struct NormGeometry {
  ChannelLayout layout;
  float epsilon = 1e-5F;
  std::optional<EltwiseLoop> activation = std::nullopt;
};

/// What arrives at a batch norm in the backward pass: dy, or dy + second. Where a residual sum is joined to it, `in_sum` (or nullptr, if
/// that is dy itself) gets the gradient in the sum; `result` is what a relu behind it gave (or nullptr, if there is none). in_sum may be
/// dy.
struct NormGradient {
  const float* dy = nullptr;
  const float* second = nullptr;
  const float* result = nullptr;
  float* in_sum = nullptr;
};

/// A depthwise convolution with the batch norm behind it and perhaps the one in front, with their functions.
struct NormDepthwiseGeometry {
  DepthwiseGeometry convolution;
  std::optional<NormGeometry> before;
  NormGeometry behind;
};

/// What such a convolution reads and writes for its backward pass.
struct NormDepthwiseTensors {
  const float* x = nullptr;
  const float* weights = nullptr;
  float* middle = nullptr;  // the convolution's result
  NormTensors before;       // all nullptr where there is no such norm
  NormTensors behind;
  const float* moments = nullptr;  // of x's planes, for the norm in front, where they are known
};

/// The gradients of a batch norm's numbers.
struct NormGradients {
  float* scale = nullptr;
  float* shift = nullptr;
};

/// Where its gradients go; data is nullptr where it is not wanted, which it is where there is a norm in front.
struct NormDepthwiseGradients {
  float* data = nullptr;
  float* weights = nullptr;
  NormGradients before;
  NormGradients behind;
};

/// Floats of two sums a channel of each image; and of all the scratch of its loops, in either pass.
std::int64_t norm_depthwise_sums(const NormDepthwiseGeometry& geometry);
std::int64_t norm_depthwise_scratch(const NormDepthwiseGeometry& geometry);

/// A number a channel each. nullptr where the layer is not affine.
struct AffineTensors {
  const float* weight = nullptr;
  const float* bias = nullptr;
};
struct AffineGradients {
  float* weight = nullptr;
  float* bias = nullptr;
};

/// Floats of scratch that layer_norm_backward needs for each thread.
std::int64_t layer_norm_scratch(const ChannelLayout& layout);

/// A normalization over groups of an image's channels and its whole map.
struct GroupNormGeometry {
  ChannelLayout layout;
  std::int64_t groups = 1;
  float epsilon = 1e-5F;
};

/// A local response normalization: y = x / (k + share * the sum of squares over the window) ^ beta. The window of a channel reaches from
/// `before` channels before it to `after` behind it.
struct LocalResponseGeometry {
  ChannelLayout layout;
  std::int64_t before = 0, after = 0;
  float share = 0, beta = 0.75F, k = 1;
  int threads = 1;  // that run, each with scratch of its own
};

/// Floats of scratch that local_response_forward and _backward need for each thread.
std::int64_t local_response_scratch(const LocalResponseGeometry& geometry);

/// A map with a border: the input's row for each of the output's, the same for columns; -1 gives `value`.
struct PadGeometry {
  ChannelLayout in;
  ChannelLayout out;
  std::vector<std::int64_t> rows;
  std::vector<std::int64_t> columns;
  float value = 0;
};

/// A map put together from channels of another: the input's channel for each of the output's, lanes beyond its last channel included; -1
/// gives zeros.
struct GatherGeometry {
  ChannelLayout in;
  ChannelLayout out;
  std::vector<std::int64_t> source;
};

/// A convolution of few input channels in nchw by its weights, the output in a blocked layout; no dilation, no groups.
struct FewChannelGeometry {
  ChannelLayout in;   // nchw
  ChannelLayout out;  // blocked
  std::int64_t kernel_height = 1, kernel_width = 1;
  std::int64_t stride_height = 1, stride_width = 1;
  std::int64_t padding_top = 0, padding_left = 0, padding_bottom = 0, padding_right = 0;
  int threads = 1;  // that run, each with scratch of its own

  std::int64_t padded_height() const { return in.height_pixels + padding_top + padding_bottom; }
  std::int64_t padded_width() const { return in.width_pixels + padding_left + padding_right; }
};

/// What is done to a convolution's result before it is written.
struct ResultOperations {
  const float* bias = nullptr;      // a number a channel
  const float* residual = nullptr;  // a map of the result's layout, added
  bool relu = false;
};

/// A sum or a product, then relu if asked.
struct Combination {
  bool multiply = false;
  bool relu = false;
};

/// Channels of one map that go to another of as many images and pixels, in whatever layouts the two have.
struct ChannelCopy {
  ChannelLayout from;
  ChannelLayout to;
  std::int64_t from_first = 0, to_first = 0;
  std::int64_t channels = 0;
};

/// A trained factor for each channel, or a `shared` one for all.
struct ChannelScaleGeometry {
  ChannelLayout layout;
  bool shared = false;
  bool negative_only = false;  // only values that are not positive are multiplied
};

/// Floats of scratch that few_channel_weights needs for each thread.
std::int64_t few_channel_scratch(const FewChannelGeometry& geometry);

/// True where few_channel_weights can do it: kernels 1, 3, 5 or 7 pixels wide, blocks of 8 or 16 channels.
bool few_channel_weights_can(const FewChannelGeometry& geometry);

/// Convolutions by Winograd's method (winograd.h).
struct WinogradLoops {
  /// Weights [in][kernel][kernel][out] at Winograd's points, for order tiles; or, `transposed`, those of the convolution whose backward
  /// pass by data the geometry is.
  void (*weights)(const WinogradGeometry& geometry, const float* w, bool transposed, float* u);
  /// y = conv(x), with what `operations` says done to it. `w` comes from `weights` in order tiles; in order channels they are
  /// as that takes them, `transposed` likewise.
  void (*forward)(const WinogradGeometry& geometry, const float* x, const float* w, bool transposed, const ResultOperations& operations,
                  float* y, float* scratch);
  /// The gradients of weights [in][kernel][kernel][out] and (unless nullptr) bias.
  void (*backward_weights)(const WinogradGeometry& geometry, const float* x, const float* dy, float* dw, float* db, float* scratch);
};

struct KernelTable {
  const char* name;
  /// Floats in a register: the width of channel blocks that suits this table.
  int vector_width;

  /// y = x / (1 - p) where a hash of (key, place) says so, else 0. x and y may be the same.
  void (*dropout)(const float* x, float* y, std::int64_t count, float p, std::uint64_t key);

  /// The same with one draw for each of `images` runs of `image_count` elements.
  void (*drop_path)(const float* x, float* y, std::int64_t images, std::int64_t image_count, float p, std::uint64_t key);

  /// A function of each element, as PyTorch's: a NaN stays one. x and y (dy and dx) may be the same.
  void (*eltwise_forward)(const EltwiseLoop& loop, const float* x, float* y, std::int64_t count);
  void (*eltwise_backward)(const EltwiseLoop& loop, const float* kept, const float* dy, float* dx, std::int64_t count);

  /// x and y (dy and dx) may be the same. `scratch`: a float a channel of each image, padding counted.
  void (*channel_scale_forward)(const ChannelScaleGeometry& geometry, const float* x, const float* weight, float* y);
  void (*channel_scale_backward)(const ChannelScaleGeometry& geometry, const float* x, const float* dy, const float* weight, float* dx,
                                 float* dweight, float* scratch);

  /// Maximum of each group of `pool_size` runs of `pixels` elements; the gradient goes to the first of equal ones. A NaN wins.
  void (*maxout_forward)(std::int64_t groups, std::int64_t pool_size, std::int64_t pixels, const float* x, float* y);
  void (*maxout_backward)(std::int64_t groups, std::int64_t pool_size, std::int64_t pixels, const float* x, const float* dy, float* dx);

  /// Maximum over each window; `index` (or nullptr) gets its place in the window, counted row by row: windows of at most 255 elements. A
  /// NaN wins, as in PyTorch.
  void (*max_pool_forward)(const PoolingGeometry& geometry, const float* x, float* y, std::uint8_t* index);
  void (*max_pool_backward)(const PoolingGeometry& geometry, const float* dy, const std::uint8_t* index, float* dx);

  /// Mean and sum of squared deviations of each plane: [images][blocks][2][width].
  void (*plane_moments)(const ChannelLayout& layout, const float* x, float* moments);
  /// y = f((x - mean) / deviation * scale + shift). y may be x.
  void (*norm_forward)(const NormGeometry& geometry, const NormTensors& tensors, const float* x, float* y);
  /// The same by the batch's statistics, which it writes, of that plus `other`: nullptr, or a map like x. y may be other. `moments`: of x's
  /// planes where they are known, or nullptr. `scratch`: 2 floats a channel of each image, padding counted.
  void (*norm_training_forward)(const NormGeometry& geometry, const NormTensors& tensors, const float* x, const float* other,
                                const float* moments, float* y, float* scratch);
  /// dx may be dy, or the second part of the gradient. `scratch` as above.
  void (*norm_training_backward)(const NormGeometry& geometry, const NormTensors& tensors, const float* x, const NormGradient& arriving,
                                 float* dscale, float* dshift, float* dx, float* scratch);

  /// Training's forward and backward of batch norm, relu and max pooling in one. `scratch`: 2 floats a channel of each image. `index` as
  /// above, 255 where relu let nothing through. dx may be x.
  void (*norm_relu_pool_forward)(const NormPoolingGeometry& geometry, const NormTensors& tensors, const float* x, float* y,
                                 std::uint8_t* index, float* scratch);
  void (*norm_relu_pool_backward)(const NormPoolingGeometry& geometry, const NormTensors& tensors, const float* x, const float* dy,
                                  const std::uint8_t* index, float* dx, float* dscale, float* dshift, float* scratch);

  /// The gradient of a convolution's weights, in row-major order, and (unless nullptr) bias.
  void (*few_channel_weights)(const FewChannelGeometry& geometry, const float* x, const float* dy, float* dw, float* db, float* scratch);

  WinogradLoops winograd;

  /// y = activation(conv(x) + bias (unless nullptr) + residual (unless nullptr)) of a 1x1 convolution. Blocks of vector_width channels.
  void (*pointwise)(const PointwiseGeometry& geometry, const PointwiseTensors& tensors, float* y);

  /// y = activation(conv(x) + bias (unless nullptr)). y may be x where depthwise_may_overwrite.
  void (*depthwise_forward)(const DepthwiseGeometry& geometry, const std::optional<EltwiseLoop>& activation, const float* x, const float* w,
                            const float* bias, float* y, float* scratch);
  /// `parts`: see depthwise_parts.
  void (*depthwise_backward)(const DepthwiseGeometry& geometry, const float* x, const float* dy, const float* w,
                             const DepthwiseGradients& gradients, float* parts, float* scratch);

  /// Training's forward and backward of a depthwise convolution with batch norms around it, block by block: what one loop writes the next
  /// one finds in a cache, and of the maps between them only the convolution's result is stored.
  void (*norm_depthwise_forward)(const NormDepthwiseGeometry& geometry, const NormDepthwiseTensors& tensors, float* y, float* scratch);
  /// The gradient of x may stand where dy stands if maps before and behind have one size.
  void (*norm_depthwise_backward)(const NormDepthwiseGeometry& geometry, const NormDepthwiseTensors& tensors, const float* dy,
                                  const NormDepthwiseGradients& gradients, float* scratch);

  /// Evaluation's three convolutions in one, a few rows of an image at a time, so that the maps between them stay in a cache. Blocks of
  /// vector_width channels.
  void (*inverted_residual)(const InvertedResidualGeometry& geometry, const InvertedResidualTensors& tensors, float* y, float* scratch);

  /// The combination of a and b, element by element. y may be either.
  void (*combine)(const Combination& what, std::int64_t count, const float* a, const float* b, float* y);
  /// The combination of a map x and a number a channel of each image, s: [images][blocks][width]. y may be x.
  void (*broadcast)(const Combination& what, const ChannelLayout& layout, const float* x, const float* s, float* y);
  /// Sums of a b (of a, where b is nullptr) over the pixels: [images][blocks][width].
  void (*sum_pixels)(const ChannelLayout& layout, const float* a, const float* b, float* sums);

  /// y = x, or y += x, in the channels that the geometry names. The copy of the last channels also clears the padding behind them.
  void (*copy_channels)(const ChannelCopy& geometry, bool add, const float* x, float* y);

  /// The mean over each window, and its transpose.
  void (*average_pool_forward)(const SpanPoolingGeometry& geometry, const float* x, float* y);
  void (*average_pool_backward)(const SpanPoolingGeometry& geometry, const float* dy, float* dx);
  /// Maximum over each window; `pixel` (or nullptr) gets its place in the plane, counted row by row. A NaN wins, as in PyTorch.
  void (*span_max_pool_forward)(const SpanPoolingGeometry& geometry, const float* x, float* y, std::int32_t* pixel);
  void (*span_max_pool_backward)(const SpanPoolingGeometry& geometry, const float* dy, const std::int32_t* pixel, float* dx);

  /// Normalizes each pixel over its channels. `statistics` gets the pixels' means, then the inverses of their deviations. The backward runs
  /// on `threads`, each with scratch of its own.
  void (*layer_norm_forward)(const ChannelLayout& layout, float epsilon, const AffineTensors& affine, const float* x, float* y,
                             float* statistics);
  void (*layer_norm_backward)(const ChannelLayout& layout, int threads, const float* weight, const float* x, const float* dy,
                              const float* statistics, const AffineGradients& gradients, float* dx, float* scratch);

  /// Normalizes each group. `statistics` gets the means, then the inverses of the deviations, at every lane of each image's blocks; the
  /// backward's `scratch` has as many floats.
  void (*group_norm_forward)(const GroupNormGeometry& geometry, const AffineTensors& affine, const float* x, float* y, float* statistics);
  void (*group_norm_backward)(const GroupNormGeometry& geometry, const float* weight, const float* x, const float* dy,
                              const float* statistics, const AffineGradients& gradients, float* dx, float* scratch);

  void (*local_response_forward)(const LocalResponseGeometry& geometry, const float* x, float* y, float* scratch);
  void (*local_response_backward)(const LocalResponseGeometry& geometry, const float* x, const float* dy, float* dx, float* scratch);

  void (*pad_forward)(const PadGeometry& geometry, const float* x, float* y);
  void (*pad_backward)(const PadGeometry& geometry, const float* dy, float* dx);

  void (*gather_channels)(const GatherGeometry& geometry, const float* x, float* y);
};

/// The loops that multiply in bfloat16 and add up in float: maps, weights and gradients stay float, and are rounded where they are
/// multiplied. Blocks of 16 channels.
struct Bf16Kernels {
  WinogradLoops winograd;  // for WinogradGeometry::bf16

  /// As KernelTable's, with dx in bfloat16, which may not be x.
  void (*norm_relu_pool_backward)(const NormPoolingGeometry& geometry, const NormTensors& tensors, const float* x, const float* dy,
                                  const std::uint8_t* index, float* dx, float* dscale, float* dshift, float* scratch);

  /// Each of the numbers rounded to the nearest in bfloat16, to its 16 bits.
  void (*round)(std::int64_t count, const float* x, void* y);
};

/// Whether a layout is one that our own loops take: blocks of 8 or 16 channels.
bool has_vector_blocks(const ChannelLayout& layout);

/// Every table that this machine can run, the slowest and most portable first.
std::vector<const KernelTable*> runnable_kernels();

/// The fastest of them.
const KernelTable& kernels();

/// Nothing where the processor does not multiply bfloat16 itself (AVX512_BF16).
const Bf16Kernels* bf16_kernels();

}  // namespace cnnctl
