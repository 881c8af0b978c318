#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cnnctl {

/// A type of a safetensors file's elements: its name there, its size in bytes, and how its elements become floats (from little-endian
/// bytes, as many as `to` needs). Floats too large for float become infinite; integers beyond 2^24 are rounded.
struct ElementType {
  std::string_view name;
  std::size_t size;
  void (*convert)(std::span<const std::byte> from, std::span<float> to);
};

/// Every type that can be read: F32, F64, F16, BF16, I64, I32, I16, I8, U8, BOOL.
std::span<const ElementType> element_types();

/// The type of this name; null where there is none.
const ElementType* find_element_type(std::string_view name);

/// The number of elements of an array; nothing where a dimension is negative or the product exceeds 63 bits.
std::optional<std::int64_t> element_count(const std::vector<std::int64_t>& dims);

/// The dimensions one after another, for messages: "2, 3".
std::string join(const std::vector<std::int64_t>& dims, std::string_view separator);

}  // namespace cnnctl
