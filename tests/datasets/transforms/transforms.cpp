#include <algorithm>
#include <set>

#include "tests/datasets/transforms/support.h"
#include "tests/support/input_error.h"

namespace cnnctl {
namespace {

const Shape color = {3, 20, 30};

/// An image's pixels as something that can be put in order.
std::string text(const Image& image) { return {image.pixels.begin(), image.pixels.end()}; }

}  // namespace

TEST_CASE("every transform has a summary and help for its arguments") {
  for (const Choice& choice : transform_choices()) {
    CHECK(!choice.declaration->summary.empty());
    for (const Argument& argument : choice.declaration->arguments) CHECK(!argument.help.empty());
  }
}

TEST_CASE("a transform's wrong arguments are found with the config") {
  for (const std::string yaml : {"resize",
                                 "resize: {size: 0}",
                                 "resize: {size: [1, 2, 3]}",
                                 "resize: {size: 9000}",
                                 "resize: {size: 20, interpolation: cubic}",
                                 "center_crop: {}",
                                 "random_crop: {size: 8, padding_mode: zeros}",
                                 "horizontal_flip: {p: 1.5}",
                                 "rotation: {degrees: [10, 5]}",
                                 "rotation: {degrees: [1, 2, 3]}",
                                 "affine: {degrees: 1, translate: [0.1]}",
                                 "affine: {degrees: 1, shear: [5, -5]}",
                                 "affine: {degrees: 1, shear: [1, 2, 3]}",
                                 "color_jitter: {brightness: -1}",
                                 "color_jitter: {hue: 0.6}",
                                 "grayscale: {num_output_channels: 2}",
                                 "random_erasing: {scale: [0, 0.3]}",
                                 "trivial_augment_wide: {num_magnitude_bins: 1}",
                                 "normalize: {mean: [0]}",
                                 "random_resized_crop: {size: 4, scale: [0.5, 2]}",
                                 "flip"}) {
    CAPTURE(yaml);
    Diagnostics diagnostics;
    try_select_transform(yaml, diagnostics);
    CHECK(diagnostics.has_errors());
  }
}

TEST_CASE("random_crop comes to every place of the padded image, and to no other") {
  const Image image{{1, 2, 2}, {10, 20, 30, 40}};
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 300; ++seed) seen.insert(text(transformed("random_crop: {size: 2, padding: 1}", image, seed)));
  CHECK(seen.size() == 9);
  CHECK(seen.contains(text({{}, {0, 0, 0, 10}})));
  CHECK(seen.contains(text({{}, {40, 0, 0, 0}})));
  CHECK(seen.contains(text(image)));
}

TEST_CASE("random_crop refuses an image that is too small, or pads it where it is told to") {
  const std::string message = input_error([] { transformed("random_crop: {size: [8, 40]}", counting_image(color)); });
  CHECK(message == "random_crop: 8x40 pixels do not fit into an image of 20x30 with padding 0x0; resize it before, or set pad_if_needed");
  CHECK(transformed("random_crop: {size: [8, 40], pad_if_needed: true}", counting_image(color)).shape == Shape{3, 8, 40});
}

TEST_CASE("resize refuses to make an image that is larger than any image may be, also between its rows and its columns") {
  CHECK(contains(input_error([] {
                   transformed("resize: {size: 4000}", counting_image({1, 1, 100}));
                 }),
                 "to make 4000x400000 pixels of 1x100"));
  const std::string message = input_error([] { transformed("resize: {size: [64, 8192]}", counting_image({1, 20'000, 1})); });
  CHECK(message ==
        "to make 64x8192 pixels of 20000x1 takes an image of 20000x8192 in between; images of more than 100000000 pixels are refused");
  CHECK(input_error([] {
          transformed("resize: {size: [8, 8]}", counting_image({1, 1, 5'000'000}));
        }) == "is 1x5000000 pixels; images with a side of more than 4194304 pixels are not resized");
}

TEST_CASE("an image of which single pixels are picked is decoded whole") {
  for (const std::string name : {"resize", "random_resized_crop"}) {
    CHECK(make_transform(select_transform(name + ": {size: 4}")).shrinks);
    CHECK_FALSE(make_transform(select_transform(name + ": {size: 4, interpolation: nearest}")).shrinks);
  }
}

TEST_CASE("flips come about as often as they are told to") {
  const Image image{{1, 1, 2}, {1, 2}};
  int flipped = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) flipped += transformed("horizontal_flip: {p: 0.3}", image, seed).pixels[0] == 2 ? 1 : 0;
  CHECK(std::abs(flipped - 300) < 60);
}

TEST_CASE("random_resized_crop takes parts whose area and proportions lie in their ranges") {
  const Transform transform = make_transform(select_transform("random_resized_crop: {size: 10, scale: [0.2, 0.5], ratio: [0.5, 2]}"));
  // How many times smaller a part of the image becomes tells its shorter side.
  std::set<double> sides;
  for (std::uint64_t seed = 0; seed < 200; ++seed) sides.insert(10 * transform.shrinks({3, 100, 100}, Random(seed)));
  CHECK(*sides.begin() >= 31);   // sqrt(2000 / 2)
  CHECK(*sides.rbegin() <= 71);  // sqrt(5000)
  CHECK(sides.size() > 20);
  Image image = counting_image({3, 1, 300});
  Random random(1);
  transform.bytes(image, random);
  CHECK(image.shape == Shape{3, 10, 10});
}

TEST_CASE("color_jitter draws four factors in any order, and leaves grey images without colours") {
  const std::string yaml = "color_jitter: {brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1}";
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 20; ++seed) seen.insert(text(transformed(yaml, counting_image(color), seed)));
  CHECK(seen.size() == 20);
  const Image grey = counting_image({1, 4, 4});
  CHECK(transformed("color_jitter: {saturation: 0.9, hue: 0.5}", grey).pixels == grey.pixels);
  CHECK(contains(input_error([] { make_transform(select_transform("color_jitter")).shape({4, 8, 8}); }), "1 or 3 channels, not of 4"));
}

TEST_CASE("trivial_augment_wide changes images in many ways and keeps their shape") {
  for (const Shape& shape : {color, Shape{1, 9, 5}, Shape{3, 1, 1}}) {
    std::set<std::string> seen;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
      const Image image = transformed("trivial_augment_wide", counting_image(shape), seed);
      CHECK(image.shape == shape);
      seen.insert(text(image));
    }
    if (shape == color) CHECK(seen.size() > 150);
  }
}

TEST_CASE("random_erasing overwrites a rectangle of about the area it is told to, as often as it is told to") {
  const Transform transform = make_transform(select_transform("random_erasing: {p: 0.4, scale: [0.1, 0.2], value: 7}"));
  int erased = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    std::vector<float> pixels(2 * 40 * 50);
    Random random(seed);
    transform.floats(pixels, {2, 40, 50}, random);
    const auto changed = std::count(pixels.begin(), pixels.end(), 7.0F);
    CHECK(std::count(pixels.begin() + 2000, pixels.end(), 7.0F) * 2 == changed);
    if (changed == 0) continue;
    ++erased;
    CHECK(changed >= 2 * 160);
    CHECK(changed <= 2 * 440);
  }
  CHECK(std::abs(erased - 200) < 60);
}

TEST_CASE("random_erasing without a value writes normally distributed numbers") {
  const Transform transform = make_transform(select_transform("random_erasing: {p: 1, scale: [0.4, 0.5], ratio: [1, 1], value: none}"));
  std::vector<float> pixels(100 * 100, 100.0F);
  Random random(3);
  transform.floats(pixels, {1, 100, 100}, random);
  double sum = 0, squares = 0;
  int count = 0;
  for (const float pixel : pixels)
    if (pixel != 100) {
      sum += pixel;
      squares += pixel * pixel;
      ++count;
    }
  REQUIRE(count > 3000);
  CHECK(std::abs(sum / count) < 0.1);
  CHECK(std::abs(squares / count - 1) < 0.1);
}

}  // namespace cnnctl
