#include "datasets/images/text.h"

#include <stb/stb_easy_font.h>

#include <algorithm>
#include <array>
#include <vector>

#include "engine/diagnostics/utf8.h"

namespace cnnctl {
namespace {

/// A corner of a rectangle, as stb_easy_font writes it.
struct Corner {
  float x, y, z;
  std::array<unsigned char, 4> color;
};
constexpr std::size_t most_corners_per_letter = 4 * 16;  // those of 11 rectangles are the most

/// What the font can show of a UTF-8 text.
std::string printable(const std::string& text) {
  std::string result;
  for (const char c : text)
    if (!continues_character(c)) result += c >= ' ' && c <= '~' ? c : '?';
  return result;
}

/// Fills a rectangle of the image with black, so far as it lies in it.
void fill(Image& image, const Box& box) {
  const auto [top, bottom] = std::array{std::max<std::int64_t>(box.top, 0), std::min(box.top + box.height, image.shape.height)};
  const auto [left, right] = std::array{std::max<std::int64_t>(box.left, 0), std::min(box.left + box.width, image.shape.width)};
  if (left >= right) return;
  for (std::int64_t c = 0; c < image.shape.channels; ++c)
    for (std::int64_t y = top; y < bottom; ++y)
      std::fill_n(image.plane(c).begin() + y * image.shape.width + left, right - left, std::uint8_t{0});
}

}  // namespace

std::int64_t text_width(const std::string& text) { return stb_easy_font_width(printable(text).data()); }

std::string cut_text(const std::string& text, std::int64_t width) {
  if (text_width(text) <= width) return text;
  std::string beginning = printable(text);
  while (!beginning.empty() && text_width(beginning + "..") > width) beginning.pop_back();
  return beginning + "..";
}

void draw_text(Image& image, const std::string& text, std::int64_t top, std::int64_t left, std::int64_t scale) {
  std::string letters = printable(text);
  std::vector<Corner> corners(most_corners_per_letter * letters.size());
  const int rectangles =
      stb_easy_font_print(0, 0, letters.data(), nullptr, corners.data(), static_cast<int>(corners.size() * sizeof(Corner)));
  for (std::size_t i = 0; i < static_cast<std::size_t>(rectangles); ++i) {
    const Corner &first = corners[4 * i], &last = corners[4 * i + 2];
    const auto [x, y] = std::array{static_cast<std::int64_t>(first.x), static_cast<std::int64_t>(first.y)};
    const auto [width, height] = std::array{static_cast<std::int64_t>(last.x) - x, static_cast<std::int64_t>(last.y) - y};
    fill(image, {top + y * scale, left + x * scale, height * scale, width * scale});
  }
}

}  // namespace cnnctl
