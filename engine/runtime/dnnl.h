#pragma once

// The one place that includes oneDNN: what differs between 2.6 and 3.x is hidden here, so that the rest of runtime/ reads the same for
// both.

#include <oneapi/dnnl/dnnl.hpp>

#include <cstdint>
#include <vector>

namespace cnnctl {

using Dims = dnnl::memory::dims;
using Desc = dnnl::memory::desc;
using FormatTag = dnnl::memory::format_tag;

/// The CPU engine and its one stream.
inline const dnnl::engine& cpu_engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}
inline dnnl::stream& cpu_stream() {
  static dnnl::stream stream(cpu_engine());
  return stream;
}

inline Desc f32_desc(const Dims& dims, FormatTag tag) { return {dims, dnnl::memory::data_type::f32, tag}; }
inline Desc bf16_desc(const Dims& dims, FormatTag tag) { return {dims, dnnl::memory::data_type::bf16, tag}; }

/// Whether the library multiplies bfloat16 by the processor's own instructions, which the environment may keep it from.
inline bool library_has_bf16() {
  const auto bits = [](dnnl::cpu_isa isa) { return static_cast<unsigned>(isa); };
  const unsigned needed = bits(dnnl::cpu_isa::avx512_core_bf16);
  return (bits(dnnl::get_effective_cpu_isa()) & needed) == needed;
}

/// Attributes of every primitive here: scratchpads are the caller's, so that they come from the arena.
inline dnnl::primitive_attr user_scratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

/// Sizes of a sliding window as oneDNN takes them: [height, width] each, dilation counted from 0.
struct WindowDims {
  Dims kernel, strides, dilation, padding_begin, padding_end;
};

/// A blocked memory format taken apart. Element (i0, i1, ...) stands at the sum over dimensions d of what its blocks and its stride say.
struct BlockedFormat {
  Dims dims;
  Dims padded_dims;
  Dims strides;  // of each dimension's outer part, in elements
  struct Block {
    int dimension;
    std::int64_t size;
  };
  std::vector<Block> blocks;  // outermost first; the last one is contiguous
};

#if DNNL_VERSION_MAJOR >= 3

/// Whether the library computes convolutions by Winograd's method, on some processors.
constexpr bool kLibraryHasWinograd = false;

using PoolingForward = dnnl::pooling_forward;
using PoolingBackward = dnnl::pooling_backward;

inline Dims dims_of(const Desc& desc) { return desc.get_dims(); }
inline bool is_bf16(const Desc& desc) { return desc.get_data_type() == dnnl::memory::data_type::bf16; }

inline BlockedFormat format_of(const Desc& desc) {
  BlockedFormat format{desc.get_dims(), desc.get_padded_dims(), desc.get_strides(), {}};
  const Dims sizes = desc.get_inner_blks(), dimensions = desc.get_inner_idxs();
  for (std::size_t i = 0; i < sizes.size(); ++i) format.blocks.push_back({static_cast<int>(dimensions[i]), sizes[i]});
  return format;
}

inline void append_eltwise(dnnl::post_ops& post_ops, dnnl::algorithm algorithm, float alpha, float beta) {
  post_ops.append_eltwise(algorithm, alpha, beta);
}

inline dnnl::convolution_forward::primitive_desc convolution_forward_desc(dnnl::prop_kind kind, dnnl::algorithm algorithm, const Desc& src,
                                                                          const Desc& weights, const Desc& bias, const Desc& dst,
                                                                          const WindowDims& window,
                                                                          const dnnl::primitive_attr& attributes) {
  return {cpu_engine(),       kind,      algorithm, src, weights, bias, dst, window.strides, window.dilation, window.padding_begin,
          window.padding_end, attributes};
}

inline dnnl::convolution_backward_data::primitive_desc convolution_backward_data_desc(
    dnnl::algorithm algorithm, const Desc& diff_src, const Desc& weights, const Desc& diff_dst, const WindowDims& window,
    const dnnl::convolution_forward::primitive_desc& forward) {
  return {cpu_engine(),         algorithm,          diff_src, weights,          diff_dst, window.strides, window.dilation,
          window.padding_begin, window.padding_end, forward,  user_scratchpad()};
}

inline dnnl::convolution_backward_weights::primitive_desc convolution_backward_weights_desc(
    dnnl::algorithm algorithm, const Desc& src, const Desc& diff_weights, const Desc& diff_bias, const Desc& diff_dst,
    const WindowDims& window, const dnnl::convolution_forward::primitive_desc& forward) {
  return {cpu_engine(),         algorithm,          src,     diff_weights,     diff_bias, diff_dst, window.strides, window.dilation,
          window.padding_begin, window.padding_end, forward, user_scratchpad()};
}

inline dnnl::eltwise_forward::primitive_desc eltwise_forward_desc(dnnl::algorithm algorithm, const Desc& desc, float alpha, float beta) {
  return {cpu_engine(), dnnl::prop_kind::forward_training, algorithm, desc, desc, alpha, beta, user_scratchpad()};
}

inline dnnl::eltwise_backward::primitive_desc eltwise_backward_desc(dnnl::algorithm algorithm, const Desc& diff, const Desc& data,
                                                                    float alpha, float beta,
                                                                    const dnnl::eltwise_forward::primitive_desc& forward) {
  return {cpu_engine(), algorithm, diff, diff, data, alpha, beta, forward, user_scratchpad()};
}

inline PoolingForward::primitive_desc pooling_forward_desc(dnnl::prop_kind kind, dnnl::algorithm algorithm, const Desc& src,
                                                           const Desc& dst, const WindowDims& window) {
  return {
      cpu_engine(),     kind, algorithm, src, dst, window.strides, window.kernel, window.dilation, window.padding_begin, window.padding_end,
      user_scratchpad()};
}

inline PoolingBackward::primitive_desc pooling_backward_desc(dnnl::algorithm algorithm, const Desc& diff_src, const Desc& diff_dst,
                                                             const WindowDims& window, const PoolingForward::primitive_desc& forward) {
  return {cpu_engine(),         algorithm,          diff_src, diff_dst,         window.strides, window.kernel, window.dilation,
          window.padding_begin, window.padding_end, forward,  user_scratchpad()};
}

inline dnnl::inner_product_forward::primitive_desc inner_product_forward_desc(dnnl::prop_kind kind, const Desc& src, const Desc& weights,
                                                                              const Desc& bias, const Desc& dst) {
  return {cpu_engine(), kind, src, weights, bias, dst, user_scratchpad()};
}

inline dnnl::inner_product_backward_data::primitive_desc inner_product_backward_data_desc(
    const Desc& diff_src, const Desc& weights, const Desc& diff_dst, const dnnl::inner_product_forward::primitive_desc& forward) {
  return {cpu_engine(), diff_src, weights, diff_dst, forward, user_scratchpad()};
}

inline dnnl::inner_product_backward_weights::primitive_desc inner_product_backward_weights_desc(
    const Desc& src, const Desc& diff_weights, const Desc& diff_bias, const Desc& diff_dst,
    const dnnl::inner_product_forward::primitive_desc& forward) {
  return {cpu_engine(), src, diff_weights, diff_bias, diff_dst, forward, user_scratchpad()};
}

inline dnnl::softmax_forward::primitive_desc softmax_forward_desc(const Desc& desc, int axis) {
  return {cpu_engine(), dnnl::prop_kind::forward_training, dnnl::algorithm::softmax_accurate, desc, desc, axis, user_scratchpad()};
}

inline dnnl::softmax_backward::primitive_desc softmax_backward_desc(const Desc& diff, const Desc& data, int axis,
                                                                    const dnnl::softmax_forward::primitive_desc& forward) {
  return {cpu_engine(), dnnl::algorithm::softmax_accurate, diff, diff, data, axis, forward, user_scratchpad()};
}

#else

constexpr bool kLibraryHasWinograd = true;

// The ones that know dilation.
using PoolingForward = dnnl::pooling_v2_forward;
using PoolingBackward = dnnl::pooling_v2_backward;

inline Dims dims_of(const Desc& desc) { return desc.dims(); }
inline bool is_bf16(const Desc& desc) { return desc.data_type() == dnnl::memory::data_type::bf16; }

inline BlockedFormat format_of(const Desc& desc) {
  const dnnl_memory_desc_t& data = desc.data;
  const dnnl_blocking_desc_t& blocking = data.format_desc.blocking;
  BlockedFormat format{{data.dims, data.dims + data.ndims},
                       {data.padded_dims, data.padded_dims + data.ndims},
                       {blocking.strides, blocking.strides + data.ndims},
                       {}};
  for (int i = 0; i < blocking.inner_nblks; ++i)
    format.blocks.push_back({static_cast<int>(blocking.inner_idxs[i]), blocking.inner_blks[i]});
  return format;
}

inline void append_eltwise(dnnl::post_ops& post_ops, dnnl::algorithm algorithm, float alpha, float beta) {
  post_ops.append_eltwise(1.0F, algorithm, alpha, beta);
}

inline dnnl::convolution_forward::primitive_desc convolution_forward_desc(dnnl::prop_kind kind, dnnl::algorithm algorithm, const Desc& src,
                                                                          const Desc& weights, const Desc& bias, const Desc& dst,
                                                                          const WindowDims& window,
                                                                          const dnnl::primitive_attr& attributes) {
  return {{kind, algorithm, src, weights, bias, dst, window.strides, window.dilation, window.padding_begin, window.padding_end},
          attributes,
          cpu_engine()};
}

inline dnnl::convolution_backward_data::primitive_desc convolution_backward_data_desc(
    dnnl::algorithm algorithm, const Desc& diff_src, const Desc& weights, const Desc& diff_dst, const WindowDims& window,
    const dnnl::convolution_forward::primitive_desc& forward) {
  return {{algorithm, diff_src, weights, diff_dst, window.strides, window.dilation, window.padding_begin, window.padding_end},
          user_scratchpad(),
          cpu_engine(),
          forward};
}

inline dnnl::convolution_backward_weights::primitive_desc convolution_backward_weights_desc(
    dnnl::algorithm algorithm, const Desc& src, const Desc& diff_weights, const Desc& diff_bias, const Desc& diff_dst,
    const WindowDims& window, const dnnl::convolution_forward::primitive_desc& forward) {
  return {{algorithm, src, diff_weights, diff_bias, diff_dst, window.strides, window.dilation, window.padding_begin, window.padding_end},
          user_scratchpad(),
          cpu_engine(),
          forward};
}

inline dnnl::eltwise_forward::primitive_desc eltwise_forward_desc(dnnl::algorithm algorithm, const Desc& desc, float alpha, float beta) {
  return {{dnnl::prop_kind::forward_training, algorithm, desc, alpha, beta}, user_scratchpad(), cpu_engine()};
}

inline dnnl::eltwise_backward::primitive_desc eltwise_backward_desc(dnnl::algorithm algorithm, const Desc& diff, const Desc& data,
                                                                    float alpha, float beta,
                                                                    const dnnl::eltwise_forward::primitive_desc& forward) {
  return {{algorithm, diff, data, alpha, beta}, user_scratchpad(), cpu_engine(), forward};
}

inline PoolingForward::primitive_desc pooling_forward_desc(dnnl::prop_kind kind, dnnl::algorithm algorithm, const Desc& src,
                                                           const Desc& dst, const WindowDims& window) {
  return {{kind, algorithm, src, dst, window.strides, window.kernel, window.dilation, window.padding_begin, window.padding_end},
          user_scratchpad(),
          cpu_engine()};
}

inline PoolingBackward::primitive_desc pooling_backward_desc(dnnl::algorithm algorithm, const Desc& diff_src, const Desc& diff_dst,
                                                             const WindowDims& window, const PoolingForward::primitive_desc& forward) {
  return {{algorithm, diff_src, diff_dst, window.strides, window.kernel, window.dilation, window.padding_begin, window.padding_end},
          user_scratchpad(),
          cpu_engine(),
          forward};
}

inline dnnl::inner_product_forward::primitive_desc inner_product_forward_desc(dnnl::prop_kind kind, const Desc& src, const Desc& weights,
                                                                              const Desc& bias, const Desc& dst) {
  return {{kind, src, weights, bias, dst}, user_scratchpad(), cpu_engine()};
}

inline dnnl::inner_product_backward_data::primitive_desc inner_product_backward_data_desc(
    const Desc& diff_src, const Desc& weights, const Desc& diff_dst, const dnnl::inner_product_forward::primitive_desc& forward) {
  return {{diff_src, weights, diff_dst}, user_scratchpad(), cpu_engine(), forward};
}

inline dnnl::inner_product_backward_weights::primitive_desc inner_product_backward_weights_desc(
    const Desc& src, const Desc& diff_weights, const Desc& diff_bias, const Desc& diff_dst,
    const dnnl::inner_product_forward::primitive_desc& forward) {
  return {{src, diff_weights, diff_bias, diff_dst}, user_scratchpad(), cpu_engine(), forward};
}

inline dnnl::softmax_forward::primitive_desc softmax_forward_desc(const Desc& desc, int axis) {
  return {{dnnl::prop_kind::forward_training, desc, axis}, user_scratchpad(), cpu_engine()};
}

inline dnnl::softmax_backward::primitive_desc softmax_backward_desc(const Desc& diff, const Desc& data, int axis,
                                                                    const dnnl::softmax_forward::primitive_desc& forward) {
  return {{diff, data, axis}, user_scratchpad(), cpu_engine(), forward};
}

#endif

}  // namespace cnnctl
