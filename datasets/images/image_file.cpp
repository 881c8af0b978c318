#include "datasets/images/image_file.h"

#include <fmt/format.h>

#include <span>

#include "datasets/images/color.h"
#include "datasets/images/jpeg.h"
#include "datasets/images/png.h"
#include "engine/formats/input_file.h"

namespace cnnctl {
namespace {

constexpr std::uint64_t largest_file = std::uint64_t{512} << 20U;  // bytes

bool starts_with(std::span<const std::uint8_t> bytes, std::initializer_list<std::uint8_t> start) {
  return bytes.size() >= start.size() && std::equal(start.begin(), start.end(), bytes.begin());
}

Image decode(const InputFile& file, std::span<const std::uint8_t> bytes, const Shrinking& shrinking) {
  if (starts_with(bytes, {0xFF, 0xD8})) return decode_jpeg(file, bytes, shrinking);
  if (starts_with(bytes, {0x89, 'P', 'N', 'G'})) return decode_png(file, bytes);
  file.fail("is neither a JPEG nor a PNG file");
}

}  // namespace

Image read_image(const std::string& path, std::int64_t channels, const Shrinking& shrinking) {
  InputFile file(path);
  if (file.size() > largest_file) file.fail(fmt::format("is {} bytes long; images of more than {} are refused", file.size(), largest_file));
  std::vector<std::uint8_t> bytes(file.size());
  file.read(std::as_writable_bytes(std::span(bytes)));
  Image image = decode(file, bytes, shrinking);
  if (channels == 3) return image;
  image.pixels = luminance(image);
  image.shape.channels = 1;
  return image;
}

}  // namespace cnnctl
