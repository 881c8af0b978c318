#include "datasets/images/contact_sheet.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "datasets/images/text.h"

namespace cnnctl {
namespace {

/// Which pixels of a text, drawn at scale 1, are black, a row of characters a line.
std::string drawn(const std::string& text) {
  Image image = make_image({1, text_height, text_width(text)});
  std::fill(image.pixels.begin(), image.pixels.end(), std::uint8_t{255});
  draw_text(image, text, 0, 0, 1);
  std::string result;
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    if (i > 0 && i % static_cast<std::size_t>(image.shape.width) == 0) result += '\n';
    result += image.pixels[i] == 0 ? '#' : '.';
  }
  return result;
}

std::uint8_t pixel(const Image& image, std::int64_t channel, std::int64_t y, std::int64_t x) {
  return image.plane(channel)[static_cast<std::size_t>(y * image.shape.width + x)];
}

}  // namespace

TEST_CASE("a letter is drawn as its shape") { CHECK(drawn("H").starts_with("#..#..\n#..#..\n#..#..\n####..\n#..#..\n")); }

TEST_CASE("every printable character is drawn whole, and differs from nearly all others") {
  std::vector<std::string> shapes;
  for (char c = '!'; c <= '~'; ++c) {
    shapes.push_back(drawn(std::string(1, c)));
    CHECK(std::count(shapes.back().begin(), shapes.back().end(), '#') > 0);
    // The same behind others as alone: its rectangles were not cut off.
    const std::string many = drawn(std::string(40, c));
    CHECK(std::count(many.begin(), many.end(), '#') == 40 * std::count(shapes.back().begin(), shapes.back().end(), '#'));
  }
  std::sort(shapes.begin(), shapes.end());
  CHECK(std::unique(shapes.begin(), shapes.end()) - shapes.begin() == 93);  // of 94: l and | are alike
}

TEST_CASE("a character without a letter is drawn as a question mark, however many bytes it has") {
  CHECK(drawn("Z\u00FCrich \u732B\n") == drawn("Z?rich ??"));
  CHECK(text_width("\u732B") == text_width("?"));
}

TEST_CASE("a text is cut where it does not fit") {
  CHECK(cut_text("cat", text_width("cat")) == "cat");
  const std::string cut = cut_text("a very long name", 50);
  CHECK(cut.starts_with("a very"));
  CHECK(cut.ends_with(".."));
  CHECK(text_width(cut) <= 50);
}

TEST_CASE("text beyond the image's edges is left out") {
  Image image = make_image({3, 4, 4});
  for (const std::int64_t offset : {-5, -1, 3, 100}) CHECK_NOTHROW(draw_text(image, "W", offset, offset, 3));
}

TEST_CASE("a contact sheet shows images side by side, small ones enlarged by a whole factor") {
  ContactSheet sheet({1, 28, 28}, 1, 10);
  CHECK(sheet.factor() == 4);
  CHECK(sheet.capacity() == 64);
  for (const std::uint8_t value : {10, 20}) {
    Image image = make_image({1, 28, 28});
    image.pixels[29] = value;
    sheet.add(image, {"x"});
  }
  const Image drawn_sheet = sheet.draw();
  // Margins of 8, two cells of 112, a line of text of 24.
  CHECK(drawn_sheet.shape == Shape{3, 8 + 112 + 24 + 8, 8 + 112 + 8 + 112 + 8});
  for (std::int64_t c = 0; c < 3; ++c) {
    CHECK(pixel(drawn_sheet, c, 0, 0) == 235);
    CHECK(pixel(drawn_sheet, c, 8, 8) == 0);
    for (const std::int64_t within : {0, 3}) {
      CHECK(pixel(drawn_sheet, c, 12 + within, 12 + within) == 10);
      CHECK(pixel(drawn_sheet, c, 12 + within, 12 + 120 + within) == 20);
    }
    CHECK(pixel(drawn_sheet, c, 16, 16) == 0);
  }
}

TEST_CASE("a contact sheet of large images has at least one, in colour") {
  ContactSheet sheet({3, 2000, 3000}, 2, 10);
  CHECK(sheet.factor() == 1);
  CHECK(sheet.capacity() == 1);
  Image image = make_image({3, 2000, 3000});
  image.plane(1)[0] = 77;
  sheet.add(image, {"one", "two"});
  CHECK(pixel(sheet.draw(), 1, 8, 8) == 77);
  CHECK(pixel(sheet.draw(), 0, 8, 8) == 0);
  CHECK_THROWS_AS(sheet.add(image, {}), std::logic_error);
}

TEST_CASE("cells are as wide as their labels, up to a bound") {
  CHECK(ContactSheet({1, 28, 28}, 1, 100).columns() == 8);
  CHECK(ContactSheet({1, 28, 28}, 1, 100'000).columns() == 7);
}

}  // namespace cnnctl
