#include "datasets/readers/gzip.h"

#include <fmt/format.h>
#include <libdeflate.h>

#include <memory>
#include <new>
#include <span>

#include "datasets/readers/large_buffer.h"

namespace cnnctl {
namespace {

constexpr std::size_t shortest_file = 18;           // header and trailer
constexpr std::uint64_t greatest_expansion = 1032;  // of deflate: 258 bytes from 2 bits

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* decompressor) const { libdeflate_free_decompressor(decompressor); }
};

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
  const char* const damaged = "is damaged, cut off, or made of several parts: fetch it again, or unpack it with gunzip";
  if (length > greatest_expansion * compressed.size()) file.fail(damaged);
  std::vector<std::uint8_t> content = make_large_buffer(length);
  const std::unique_ptr<libdeflate_decompressor, FreeDecompressor> decompressor(libdeflate_alloc_decompressor());
  if (!decompressor) throw std::bad_alloc();
  std::size_t consumed = 0;
  const libdeflate_result result = libdeflate_gzip_decompress_ex(decompressor.get(), compressed.data(), compressed.size(), content.data(),
                                                                 content.size(), &consumed, nullptr);
  if (result != LIBDEFLATE_SUCCESS || consumed != compressed.size()) file.fail(damaged);
  return content;
}

}  // namespace cnnctl
