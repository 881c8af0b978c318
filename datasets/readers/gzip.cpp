#include "datasets/readers/gzip.h"

#include <fmt/format.h>
#include <libdeflate.h>

#include <algorithm>
#include <memory>
#include <new>
#include <span>

#include "datasets/readers/large_buffer.h"

namespace cnnctl {
namespace {

constexpr std::size_t shortest_file = 18;                  // header and trailer
constexpr std::uint64_t greatest_expansion = 1032;         // of deflate: 258 bytes from 2 bits
constexpr std::size_t first_try = std::size_t{64} << 20U;  // bytes that are allocated without further proof: MNIST's images are 47 MB

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* decompressor) const { libdeflate_free_decompressor(decompressor); }
};

/// Inflates into at most `capacity` bytes; the vector is as long as the content.
libdeflate_result inflate(std::span<const std::uint8_t> compressed, std::size_t capacity, std::vector<std::uint8_t>& content) {
  content = {};
  content = make_large_buffer(capacity);
  const std::unique_ptr<libdeflate_decompressor, FreeDecompressor> decompressor(libdeflate_alloc_decompressor());
  if (!decompressor) throw std::bad_alloc();
  std::size_t consumed = 0, produced = 0;
  const libdeflate_result result = libdeflate_gzip_decompress_ex(decompressor.get(), compressed.data(), compressed.size(), content.data(),
                                                                 content.size(), &consumed, &produced);
  if (result != LIBDEFLATE_SUCCESS) return result;
  content.resize(produced);
  return consumed == compressed.size() ? LIBDEFLATE_SUCCESS : LIBDEFLATE_BAD_DATA;
}

/// The length of the content, which is the last four bytes of the file.
std::uint32_t claimed_length(std::span<const std::uint8_t> file) {
  const std::span<const std::uint8_t> end = file.last(4);
  return std::uint32_t{end[0]} | std::uint32_t{end[1]} << 8U | std::uint32_t{end[2]} << 16U | std::uint32_t{end[3]} << 24U;
}

}  // namespace

std::vector<std::uint8_t> inflate_gzip(InputFile& file) {
  if (file.size() < shortest_file) file.fail("is no gzip file: it is too short");
  std::vector<std::uint8_t> compressed(file.size());
  file.read(std::as_writable_bytes(std::span(compressed)));
  if (compressed[0] != 0x1F || compressed[1] != 0x8B) file.fail("is no gzip file");

  const std::uint32_t length = claimed_length(compressed);
  std::vector<std::uint8_t> content;
  libdeflate_result result = length > greatest_expansion * compressed.size() ? LIBDEFLATE_BAD_DATA : LIBDEFLATE_INSUFFICIENT_SPACE;
  // The claimed length may be a lie, so memory grows with what is really there.
  for (std::size_t capacity = std::min<std::size_t>(length, first_try); result == LIBDEFLATE_INSUFFICIENT_SPACE;
       capacity = std::min<std::size_t>(length, 2 * capacity)) {
    result = inflate(compressed, capacity, content);
    if (capacity == length) break;
  }
  if (result != LIBDEFLATE_SUCCESS || content.size() != length)
    file.fail("is damaged, cut off, or made of several parts: fetch it again, or unpack it with gunzip");
  return content;
}

}  // namespace cnnctl
