#include "datasets/images/decoding.h"

#include <fmt/format.h>

namespace cnnctl {

Image from_interleaved(std::span<const std::uint8_t> pixels, std::int64_t height, std::int64_t width) {
  Image image = make_image({3, height, width});
  std::uint8_t *red = image.plane(0).data(), *green = image.plane(1).data(), *blue = image.plane(2).data();
  for (std::size_t i = 0; i < image.plane_size(); ++i) {
    red[i] = pixels[3 * i];
    green[i] = pixels[3 * i + 1];
    blue[i] = pixels[3 * i + 2];
  }
  return image;
}

void check_pixel_count(const InputFile& file, std::uint64_t height, std::uint64_t width, std::uint64_t pixels_per_byte) {
  if (height == 0 || width == 0) file.fail("has no pixels");
  if (height > static_cast<std::uint64_t>(max_image_pixels) / width)
    file.fail(fmt::format("is {} x {} pixels, by its header; images of more than {} pixels are refused", height, width, max_image_pixels));
  if (height * width > pixels_per_byte * file.size())
    file.fail(fmt::format("is {} x {} pixels, by its header, which {} bytes cannot hold", height, width, file.size()));
}

}  // namespace cnnctl
