#include "datasets/images/exif.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace cnnctl {
namespace {

/// Numbers of a TIFF file in its order of bytes; nothing where they would lie outside of it.
class TiffReader {
 public:
  TiffReader(std::span<const std::uint8_t> bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}

  std::optional<std::uint32_t> number(std::size_t at, std::size_t size) const {
    if (at > bytes_.size() || size > bytes_.size() - at) return std::nullopt;
    std::uint32_t result = 0;
    for (std::size_t i = 0; i < size; ++i) result = result << 8U | bytes_[at + (big_endian_ ? i : size - 1 - i)];
    return result;
  }

 private:
  std::span<const std::uint8_t> bytes_;
  bool big_endian_;
};

/// The orientation in the first directory of a TIFF file.
int tiff_orientation(std::span<const std::uint8_t> tiff) {
  constexpr std::uint32_t orientation_tag = 0x0112;
  constexpr std::size_t entry_size = 12;
  if (tiff.size() < 8) return 1;
  const TiffReader reader(tiff, tiff[0] == 'M');
  const std::size_t directory = reader.number(4, 4).value_or(0);
  const std::uint32_t entries = reader.number(directory, 2).value_or(0);
  for (std::uint32_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + i * entry_size;
    const std::optional<std::uint32_t> tag = reader.number(entry, 2);
    if (!tag) return 1;
    if (*tag != orientation_tag) continue;
    constexpr std::uint32_t four_bytes = 4;  // LONG, which some programs write in place of SHORT
    const std::uint32_t value = reader.number(entry + 8, reader.number(entry + 2, 2) == four_bytes ? 4 : 2).value_or(1);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

/// True where rows become columns.
bool lies_on_its_side(int orientation) { return orientation >= 5; }

}  // namespace

int exif_orientation(std::span<const std::uint8_t> jpeg) {
  constexpr std::string_view exif("Exif\0\0", 6);
  constexpr std::uint8_t start_of_scan = 0xDA, application_1 = 0xE1;
  std::size_t at = 2;
  while (at + 4 <= jpeg.size() && jpeg[at] == 0xFF && jpeg[at + 1] != start_of_scan) {
    if (jpeg[at + 1] == 0xFF) {  // markers may stand behind any number of fill bytes
      ++at;
      continue;
    }
    const std::size_t length = std::size_t{jpeg[at + 2]} << 8U | jpeg[at + 3];
    if (length < 2 || length > jpeg.size() - at - 2) return 1;
    const auto content = jpeg.subspan(at + 4, length - 2);
    if (jpeg[at + 1] == application_1 && content.size() > exif.size() && std::equal(exif.begin(), exif.end(), content.begin()))
      return tiff_orientation(content.subspan(exif.size()));
    at += 2 + length;
  }
  return 1;
}

Shape oriented_shape(const Shape& in, int orientation) {
  return lies_on_its_side(orientation) ? Shape{in.channels, in.width, in.height} : in;
}

Image orient(Image image, int orientation) {
  if (orientation == 1) return image;
  Image result = make_image(oriented_shape(image.shape, orientation));
  const std::int64_t last_row = image.shape.height - 1, last_column = image.shape.width - 1;
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  for (std::int64_t c = 0; c < image.shape.channels; ++c) {
    const auto from = image.plane(c);
    std::uint8_t* to = result.plane(c).data();
    for (std::int64_t y = 0; y < result.shape.height; ++y)
      for (std::int64_t x = 0; x < result.shape.width; ++x) {
        std::int64_t row = y, column = x;
        if (lies_on_its_side(orientation)) std::swap(row, column);
        if (from_bottom) row = last_row - row;
        if (from_right) column = last_column - column;
        *to++ = from[static_cast<std::size_t>(row * image.shape.width + column)];
      }
  }
  return result;
}

}  // namespace cnnctl
