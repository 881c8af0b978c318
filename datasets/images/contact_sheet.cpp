#include "datasets/images/contact_sheet.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "datasets/images/text.h"

namespace cnnctl {
namespace {

constexpr std::int64_t margin = 8;        // pixels around and between what is shown
constexpr std::int64_t image_side = 128;  // to which images are enlarged at most
constexpr std::int64_t text_scale = 2;
constexpr std::int64_t widest_label = 240;  // pixels
constexpr std::int64_t most_columns = 8, most_rows = 8;
constexpr std::int64_t most_width = 1920, most_height = 1440;  // pixels, which one image may exceed
constexpr std::uint8_t paper = 235;

}  // namespace

ContactSheet::ContactSheet(const Shape& image, std::int64_t lines, std::int64_t label_width)
    : image_(image),
      factor_(std::max<std::int64_t>(image_side / std::max(image.height, image.width), 1)),
      cell_height_(image.height * factor_ + lines * text_height * text_scale),
      cell_width_(std::max(image.width * factor_, std::min(label_width * text_scale, widest_label))),
      columns_(std::clamp<std::int64_t>((most_width - margin) / (cell_width_ + margin), 1, most_columns)),
      rows_(std::clamp<std::int64_t>((most_height - margin) / (cell_height_ + margin), 1, most_rows)) {
  if (image.channels != 1 && image.channels != 3) throw std::logic_error("a contact sheet of images that are neither grey nor coloured");
}

void ContactSheet::add(Image image, std::vector<std::string> label) {
  if (std::ssize(tiles_) >= capacity() || !(image.shape == image_)) throw std::logic_error("an image that does not fit the contact sheet");
  tiles_.push_back({std::move(image), std::move(label)});
}

Image ContactSheet::draw() const {
  const std::int64_t rows = (std::ssize(tiles_) + columns_ - 1) / columns_, columns = std::min(columns_, std::ssize(tiles_));
  Image sheet = make_image({3, margin + rows * (cell_height_ + margin), margin + columns * (cell_width_ + margin)});
  std::fill(sheet.pixels.begin(), sheet.pixels.end(), paper);
  for (std::int64_t i = 0; i < std::ssize(tiles_); ++i)
    draw_tile(sheet, tiles_[static_cast<std::size_t>(i)], margin + i / columns_ * (cell_height_ + margin),
              margin + i % columns_ * (cell_width_ + margin));
  return sheet;
}

void ContactSheet::draw_tile(Image& sheet, const Tile& tile, std::int64_t top, std::int64_t left) const {
  const std::int64_t height = image_.height * factor_, width = image_.width * factor_;
  for (std::int64_t c = 0; c < 3; ++c) {
    const auto from = tile.image.plane(image_.channels == 3 ? c : 0);
    const auto to = sheet.plane(c);
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x)
        to[static_cast<std::size_t>((top + y) * sheet.shape.width + left + x)] =
            from[static_cast<std::size_t>(y / factor_ * image_.width + x / factor_)];
  }
  std::int64_t line = top + height + text_scale;
  for (const std::string& text : tile.label) {
    draw_text(sheet, cut_text(text, cell_width_ / text_scale), line, left, text_scale);
    line += text_height * text_scale;
  }
}

}  // namespace cnnctl
