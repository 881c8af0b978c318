#include "engine/runtime/layout.h"

#include <algorithm>
#include <bit>
#include <cctype>
#include <cmath>
#include <cstring>
#include <functional>
#include <numeric>
#include <vector>

namespace cnnctl {
namespace {

/// What each index of dimension `dimension` adds to an element's offset: a blocked format's offset is a sum over the dimensions.
std::vector<std::int64_t> offsets_of(const BlockedFormat& format, int dimension) {
  std::int64_t block = 1;
  for (const auto& inner : format.blocks)
    if (inner.dimension == dimension) block *= inner.size;
  std::vector<std::int64_t> offsets(static_cast<std::size_t>(format.dims[static_cast<std::size_t>(dimension)]));
  for (std::size_t index = 0; index < offsets.size(); ++index) {
    const auto i = static_cast<std::int64_t>(index);
    std::int64_t offset = i / block * format.strides[static_cast<std::size_t>(dimension)];
    std::int64_t inside = i % block, stride = 1;
    // Blocks are listed outermost first; walking them from the innermost peels the index off digit by digit.
    for (auto inner = format.blocks.rbegin(); inner != format.blocks.rend(); ++inner) {
      if (inner->dimension == dimension) {
        offset += inside % inner->size * stride;
        inside /= inner->size;
      }
      stride *= inner->size;
    }
    offsets[index] = offset;
  }
  return offsets;
}

std::vector<std::vector<std::int64_t>> offset_tables(const BlockedFormat& format) {
  std::vector<std::vector<std::int64_t>> tables;
  for (std::size_t d = 0; d < format.dims.size(); ++d) tables.push_back(offsets_of(format, static_cast<int>(d)));
  return tables;
}

/// The tables of a tensor in row-major order.
std::vector<std::vector<std::int64_t>> plain_tables(const Dims& dims) {
  std::vector<std::vector<std::int64_t>> tables(dims.size());
  std::int64_t stride = 1;
  for (std::size_t d = dims.size(); d-- > 0; stride *= dims[d])
    for (std::int64_t i = 0; i < dims[d]; ++i) tables[d].push_back(i * stride);
  return tables;
}

using Tables = std::vector<std::vector<std::int64_t>>;

/// A number of 8 bits, the nearest one; of two, the even one. A NaN stays one.
struct Bfloat16 {
  std::uint16_t bits = 0;

  Bfloat16& operator=(float value) {
    const auto whole = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t rounded = whole + 0x7FFF + (whole >> 16 & 1), quiet_nan = whole | 0x400000;
    bits = static_cast<std::uint16_t>((std::isnan(value) ? quiet_nan : rounded) >> 16);
    return *this;
  }
};

template <class Number>
void copy_elements(const Tables& from, const float* source, const Tables& to, Number* destination, std::size_t dimension = 0) {
  const auto& a = from[dimension];
  const auto& b = to[dimension];
  if (dimension + 1 == from.size()) {
    for (std::size_t i = 0; i < a.size(); ++i) destination[b[i]] = source[a[i]];
    return;
  }
  for (std::size_t i = 0; i < a.size(); ++i) copy_elements(from, source + a[i], to, destination + b[i], dimension + 1);
}

/// `names`: a letter for each dimension.
std::string name_of(const BlockedFormat& format, const std::string& names) {
  std::vector<std::size_t> order(names.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return format.strides[a] > format.strides[b]; });
  std::string name;
  for (const std::size_t d : order) {
    const bool blocked =
        std::any_of(format.blocks.begin(), format.blocks.end(), [&](const auto& b) { return b.dimension == static_cast<int>(d); });
    name += blocked ? static_cast<char>(std::toupper(names[d])) : names[d];
  }
  for (const auto& block : format.blocks) name += std::to_string(block.size) + names[static_cast<std::size_t>(block.dimension)];
  return name;
}

/// `letters`: the dimensions' names by their number.
std::string name_of(const Desc& desc, const std::vector<std::string>& letters) {
  const BlockedFormat format = format_of(desc);
  return format.dims.size() < letters.size() ? name_of(format, letters[format.dims.size()]) : "?";
}

}  // namespace

void copy_from_plain(const Desc& to, std::span<const float> plain, void* data) {
  FormatCopy(plain_desc(dims_of(to)), to)(plain.data(), data);
}

void copy_to_plain(const Desc& from, const float* data, std::span<float> plain) {
  copy_elements(offset_tables(format_of(from)), data, plain_tables(dims_of(from)), plain.data());
}

FormatCopy::FormatCopy(const Desc& from, const Desc& to)
    : from_(offset_tables(format_of(from))),
      to_(offset_tables(format_of(to))),
      padded_bytes_(is_padded(to) ? to.get_size() : 0),
      to_bf16_(is_bf16(to)) {}

void FormatCopy::operator()(const float* source, void* destination) const {
  std::memset(destination, 0, padded_bytes_);
  to_bf16_ ? copy_elements(from_, source, to_, static_cast<Bfloat16*>(destination))
           : copy_elements(from_, source, to_, static_cast<float*>(destination));
}

std::int64_t count_elements(const Dims& dims) { return std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>()); }

std::int64_t count_floats(const Desc& desc) { return static_cast<std::int64_t>(desc.get_size() / sizeof(float)); }

bool is_padded(const Desc& desc) {
  const BlockedFormat format = format_of(desc);
  return count_elements(format.padded_dims) != count_elements(format.dims);
}

std::optional<ChannelLayout> channel_layout(const Desc& desc) {
  const BlockedFormat format = format_of(desc);
  if (format.dims.size() != 4 || format.blocks.size() > 1 || (!format.blocks.empty() && format.blocks[0].dimension != 1))
    return std::nullopt;
  ChannelLayout layout{format.dims[0], format.dims[1], format.dims[1], 1, format.dims[2], format.dims[3]};
  if (!format.blocks.empty()) layout.width = format.blocks[0].size;
  if (format.blocks.empty() && layout.pixels() > 1 && format.strides[1] == 1) layout.width = layout.channels;
  layout.blocks = (layout.channels + layout.width - 1) / layout.width;
  const std::int64_t row = layout.width_pixels * layout.width;
  const bool dense = (layout.width_pixels == 1 || format.strides[3] == layout.width) &&
                     (layout.height_pixels == 1 || format.strides[2] == row) &&
                     (layout.blocks == 1 || format.strides[1] == row * layout.height_pixels) &&
                     (layout.images == 1 || format.strides[0] == row * layout.height_pixels * layout.blocks);
  if (!dense) return std::nullopt;
  return layout;
}

std::optional<Desc> desc_like(const Desc& desc, const Dims& dims) {
  const auto layout = channel_layout(desc);
  if (!layout) return std::nullopt;
  if (layout->width == 8 && !format_of(desc).blocks.empty()) return f32_desc(dims, FormatTag::nChw8c);
  if (layout->width == 16 && !format_of(desc).blocks.empty()) return f32_desc(dims, FormatTag::nChw16c);
  if (layout->width == 1) return plain_desc(dims);
  return layout->width == layout->channels ? std::optional(f32_desc(dims, FormatTag::nhwc)) : std::nullopt;
}

std::optional<Desc> bf16_like(const Desc& desc) {
  const auto layout = channel_layout(desc);
  if (!layout) return std::nullopt;
  if (format_of(desc).blocks.empty()) return layout->width == 1 ? std::optional(bf16_desc(dims_of(desc), FormatTag::nchw)) : std::nullopt;
  return layout->width == 16 ? std::optional(bf16_desc(dims_of(desc), FormatTag::nChw16c)) : std::nullopt;
}

std::string format_name(const Desc& desc) { return name_of(desc, {"", "x", "nc", "ncw", "nchw"}); }

std::string weights_format_name(const Desc& desc) { return name_of(desc, {"", "x", "oi", "oiw", "oihw", "goihw"}); }

Desc plain_desc(const Dims& dims) {
  static const FormatTag tags[] = {FormatTag::undef, FormatTag::a, FormatTag::ab, FormatTag::abc, FormatTag::abcd, FormatTag::abcde};
  return f32_desc(dims, tags[dims.size()]);
}

Desc any_desc(const Dims& dims) { return f32_desc(dims, FormatTag::any); }

}  // namespace cnnctl
