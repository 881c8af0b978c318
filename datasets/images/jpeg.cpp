#include "datasets/images/jpeg.h"

#include <turbojpeg.h>

#include <memory>
#include <new>
#include <string_view>
#include <vector>

#include "datasets/images/decoding.h"
#include "datasets/images/exif.h"

namespace cnnctl {
namespace {

// A block of 64 pixels takes a bit at least; chroma planes, which may be coarser, are left out of the reckoning.
constexpr std::uint64_t pixels_per_byte = 512;

struct FreeDecoder {
  void operator()(void* decoder) const { tjDestroy(decoder); }
};

/// 1, 2, 4 or 8: how much smaller the image is decoded. At twice the wanted size what is lost cannot be seen in the result.
int scale_down(const Shape& shape, const Shrinking& shrinking) {
  constexpr double margin = 2;
  const double shrinks = shrinking ? shrinking(shape) : 1;
  int factor = 1;
  while (factor < 8 && shrinks >= 2 * factor * margin) factor *= 2;
  return factor;
}

/// Adobe's programs store inks inverted, and hardly anyone else stores inks.
std::vector<std::uint8_t> rgb_of_inks(std::span<const std::uint8_t> inks) {
  std::vector<std::uint8_t> pixels(inks.size() / 4 * 3);
  for (std::size_t i = 0; i < inks.size() / 4; ++i)
    for (std::size_t c = 0; c < 3; ++c) pixels[3 * i + c] = static_cast<std::uint8_t>((inks[4 * i + c] * inks[4 * i + 3] + 127) / 255);
  return pixels;
}

/// Whether the last scan of a file has no end. The bytes of a marker stand nowhere else behind the beginning of a scan.
bool is_cut_off(std::span<const std::uint8_t> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::size_t scan = text.rfind("\xFF\xDA"), end = text.rfind("\xFF\xD9");
  return end == std::string_view::npos || scan == std::string_view::npos || end < scan;
}

}  // namespace

Image decode_jpeg(const InputFile& file, std::span<const std::uint8_t> bytes, const Shrinking& shrinking) {
  const std::unique_ptr<void, FreeDecoder> decoder(tjInitDecompress());
  if (!decoder) throw std::bad_alloc();
  const auto fail = [&] { file.fail(std::string("is a damaged JPEG file: ") + tjGetErrorStr2(decoder.get())); };
  int width = 0, height = 0, sampling = 0, colors = 0;
  if (tjDecompressHeader3(decoder.get(), bytes.data(), bytes.size(), &width, &height, &sampling, &colors) != 0) fail();
  check_pixel_count(file, static_cast<std::uint64_t>(height), static_cast<std::uint64_t>(width), pixels_per_byte);

  const int orientation = exif_orientation(bytes);
  const Shape stored = oriented_shape({3, height, width}, orientation);
  const tjscalingfactor factor{1, scale_down(stored, shrinking)};
  height = TJSCALED(height, factor);
  width = TJSCALED(width, factor);
  const bool inks = colors == TJCS_CMYK || colors == TJCS_YCCK;
  const int format = inks ? TJPF_CMYK : TJPF_RGB;
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * (inks ? 4 : 3));
  if (tjDecompress2(decoder.get(), bytes.data(), bytes.size(), pixels.data(), width, 0, height, format, TJFLAG_LIMITSCANS) != 0) {
    // A warning other than that the file is cut off leaves a whole picture, which other programs show without a word.
    if (tjGetErrorCode(decoder.get()) != TJERR_WARNING || is_cut_off(bytes)) fail();
  }
  if (inks) pixels = rgb_of_inks(pixels);
  Image image = orient(from_interleaved(pixels, height, width), orientation);
  if (factor.denom > 1) image.stored = Size{stored.height, stored.width};
  return image;
}

}  // namespace cnnctl
