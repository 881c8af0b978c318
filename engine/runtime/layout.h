#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/runtime/channel_layout.h"
#include "engine/runtime/dnnl.h"

namespace cnnctl {

/// Copies between a tensor in any blocked format and its elements in row-major order. Both have as many elements as the format's dimensions
/// say; padding of the blocked side becomes zero. Numbers are rounded where `to` is in bfloat16. Needs no oneDNN, so it is right where the
/// library's own reorder is not (selftest.h).
void copy_from_plain(const Desc& to, std::span<const float> plain, void* data);
void copy_to_plain(const Desc& from, const float* data, std::span<float> plain);

/// Copies tensors of floats from one format into another of the same dimensions, in float or bfloat16; padding becomes zero.
class FormatCopy {
 public:
  FormatCopy(const Desc& from, const Desc& to);
  void operator()(const float* source, void* destination) const;

 private:
  using Offsets = std::vector<std::vector<std::int64_t>>;  // by dimension and index

  Offsets from_, to_;
  std::size_t padded_bytes_;  // of the destination; 0 where it has no padding
  bool to_bf16_;
};

/// Elements of a tensor of these dimensions.
std::int64_t count_elements(const Dims& dims);

/// Floats in a tensor of this format, its padding counted.
std::int64_t count_floats(const Desc& desc);

/// True where the format holds more elements than its dimensions: channels filled up to a whole block.
bool is_padded(const Desc& desc);

/// The layout of a 4-dimensional activation, or nothing where the format is none of these.
std::optional<ChannelLayout> channel_layout(const Desc& desc);

/// The same layout for a map of other dimensions: blocked by as many channels, channels last, or plain. Nothing where channel_layout finds
/// none, or blocks of another width than 8 or 16.
std::optional<Desc> desc_like(const Desc& desc, const Dims& dims);

/// The same map in bfloat16, element for element; nothing where the library's loops in bfloat16 do not take the layout: neither blocks of
/// 16 channels nor nchw.
std::optional<Desc> bf16_like(const Desc& desc);

/// An activation's format as oneDNN writes it: "nchw", "nChw8c"; "x" for vectors.
std::string format_name(const Desc& desc);

/// The same of a parameter: "oihw", "OIhw8i8o", "Goihw8g" of a grouped convolution; "x" for vectors.
std::string weights_format_name(const Desc& desc);

/// An activation's format: N x C x H x W in that order.
Desc plain_desc(const Dims& dims);

/// The same dimensions in whatever format a primitive likes.
Desc any_desc(const Dims& dims);

}  // namespace cnnctl
