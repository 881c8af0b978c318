#include "engine/formats/element.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

namespace cnnctl {
namespace {

static_assert(std::endian::native == std::endian::little, "elements of files are little-endian and are used as they are");

float to_float(bool value) { return value ? 1.0F : 0.0F; }
template <class T>
float to_float(T value) {
  return static_cast<float>(value);
}

/// IEEE 754 binary16 (1 + 5 + 10 bits) and bfloat16 (float's upper half), by their bits.
struct Half {
  std::uint16_t bits;
};
struct BrainFloat {
  std::uint16_t bits;
};

float to_float(Half half) {
  const std::uint32_t sign = (half.bits & 0x8000U) << 16U;
  const std::uint32_t exponent = (half.bits >> 10U) & 0x1FU;
  const std::uint32_t fraction = half.bits & 0x3FFU;
  if (exponent == 0) {  // zero or subnormal: fraction units of 2^-24
    const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
    return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
  }
  const std::uint32_t float_exponent = exponent == 0x1FU ? 0xFFU : exponent + 127 - 15;
  return std::bit_cast<float>(sign | float_exponent << 23U | fraction << 13U);
}

float to_float(BrainFloat value) { return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits) << 16U); }

template <class T>
void convert(std::span<const std::byte> from, std::span<float> to) {
  for (std::size_t i = 0; i < to.size(); ++i) {
    T element;
    std::memcpy(&element, from.data() + i * sizeof(T), sizeof(T));
    to[i] = to_float(element);
  }
}

// Any byte but 0 is true; reading one as bool would be undefined for values other than 0 and 1.
void convert_bool(std::span<const std::byte> from, std::span<float> to) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = to_float(from[i] != std::byte{0});
}

constexpr std::array<ElementType, 10> types = {{
    {"F32", 4, convert<float>},
    {"F64", 8, convert<double>},
    {"F16", 2, convert<Half>},
    {"BF16", 2, convert<BrainFloat>},
    {"I64", 8, convert<std::int64_t>},
    {"I32", 4, convert<std::int32_t>},
    {"I16", 2, convert<std::int16_t>},
    {"I8", 1, convert<std::int8_t>},
    {"U8", 1, convert<std::uint8_t>},
    {"BOOL", 1, convert_bool},
}};

}  // namespace

std::span<const ElementType> element_types() { return types; }

const ElementType* find_element_type(std::string_view name) {
  const auto* found = std::find_if(types.begin(), types.end(), [&](const ElementType& type) { return type.name == name; });
  return found == types.end() ? nullptr : found;
}

std::optional<std::int64_t> element_count(const std::vector<std::int64_t>& dims) {
  std::int64_t count = 1;
  for (const std::int64_t dim : dims) {
    if (dim < 0 || (dim > 0 && count > std::numeric_limits<std::int64_t>::max() / dim)) return std::nullopt;
    count *= dim;
  }
  return count;
}

// fmt::join would do, but for a false alarm of gcc 12 about fmt 9 (-Wstringop-overflow at -O3).
std::string join(const std::vector<std::int64_t>& dims, std::string_view separator) {
  std::string text;
  for (const std::int64_t dim : dims) text.append(text.empty() ? "" : separator).append(std::to_string(dim));
  return text;
}

}  // namespace cnnctl
