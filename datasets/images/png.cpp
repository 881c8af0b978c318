#include "datasets/images/png.h"

#include <fmt/format.h>
#include <spng.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <stdexcept>
#include <vector>

#include "datasets/images/decoding.h"

namespace cnnctl {
namespace {

constexpr std::uint64_t pixels_per_byte = 1032 * 8;            // deflate makes at most 1032 bytes of one, each of which may hold 8 pixels
constexpr std::size_t largest_chunk = std::size_t{16} << 20U;  // of those that are no pixels: comments, colour profiles

struct FreeContext {
  void operator()(spng_ctx* context) const { spng_ctx_free(context); }
};
using Context = std::unique_ptr<spng_ctx, FreeContext>;

Context make_context(int flags) {
  Context context(spng_ctx_new(flags));
  if (!context) throw std::bad_alloc();
  return context;
}

}  // namespace

Image decode_png(const InputFile& file, std::span<const std::uint8_t> bytes) {
  const Context context = make_context(0);
  const auto require = [&](int status) {
    if (status != 0) file.fail(std::string("is a damaged PNG file: ") + spng_strerror(status));
  };
  require(spng_set_chunk_limits(context.get(), largest_chunk, largest_chunk));
  require(spng_set_png_buffer(context.get(), bytes.data(), bytes.size()));
  spng_ihdr header{};
  require(spng_get_ihdr(context.get(), &header));
  check_pixel_count(file, header.height, header.width, pixels_per_byte);
  std::size_t size = 0;
  require(spng_decoded_image_size(context.get(), SPNG_FMT_RGB8, &size));
  std::vector<std::uint8_t> pixels(size);
  require(spng_decode_image(context.get(), pixels.data(), pixels.size(), SPNG_FMT_RGB8, 0));
  return from_interleaved(pixels, header.height, header.width);
}

std::string encode_png(const Image& image) {
  const Context context = make_context(SPNG_CTX_ENCODER);
  const auto require = [](int status) {
    if (status != 0) throw std::runtime_error(std::string("cannot make a PNG file: ") + spng_strerror(status));
  };
  std::vector<std::uint8_t> pixels(image.pixels.size());
  for (std::int64_t c = 0; c < 3; ++c)
    for (std::size_t i = 0; i < image.plane_size(); ++i) pixels[3 * i + static_cast<std::size_t>(c)] = image.plane(c)[i];
  spng_ihdr header{};
  header.width = static_cast<std::uint32_t>(image.shape.width);
  header.height = static_cast<std::uint32_t>(image.shape.height);
  header.bit_depth = 8;
  header.color_type = SPNG_COLOR_TYPE_TRUECOLOR;
  require(spng_set_ihdr(context.get(), &header));
  require(spng_set_option(context.get(), SPNG_ENCODE_TO_BUFFER, 1));
  require(spng_encode_image(context.get(), pixels.data(), pixels.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE));
  std::size_t size = 0;
  int status = 0;
  const std::unique_ptr<void, void (*)(void*)> content(spng_get_png_buffer(context.get(), &size, &status), std::free);
  require(status);
  return {static_cast<const char*>(content.get()), size};
}

}  // namespace cnnctl
