#include "datasets/readers/digits.h"

#include <algorithm>
#include <span>

#include "datasets/readers/glyphs.h"
#include "engine/schema/arguments.h"
#include "engine/training/random.h"

namespace cnnctl {
namespace {

struct DigitsArguments {
  std::int64_t train = 10'000;
  std::int64_t test = 2'000;
};

constexpr int classes = 10;

const Schema<DigitsArguments>& digits_schema() {
  static const Schema<DigitsArguments> schema =
      Schema<DigitsArguments>("digits", "Digits drawn in memory from train.seed, images of 1 x 28 x 28; needs no file.")
          .optional("train", &DigitsArguments::train, "number of training images", between(1, 1'000'000))
          .optional("test", &DigitsArguments::test, "number of test images", between(1, 1'000'000));
  return schema;
}

/// A random map of a glyph's box onto the canvas: size, slant, rotation, place.
class Placement {
 public:
  explicit Placement(Random& random) {
    const double height = random.between(14, 21);
    const double width = height * random.between(0.5, 0.85);
    const double slant = random.between(-0.25, 0.3);
    // Rotation by the angle whose half has the tangent t, which needs no sine of a library's.
    const double t = random.between(-0.08, 0.08);
    const double cosine = (1 - t * t) / (1 + t * t);
    const double sine = 2 * t / (1 + t * t);
    x_from_x_ = cosine * width;
    x_from_y_ = (cosine * -slant - sine) * height;
    y_from_x_ = sine * width;
    y_from_y_ = (cosine - sine * slant) * height;
    center_ = {Canvas::side * 0.5 + random.between(-2.7, 2.7), Canvas::side * 0.5 + random.between(-2.7, 2.7)};
  }

  Point operator()(Point p) const {
    const double x = p.x - 0.5;
    const double y = p.y - 0.5;
    return {center_.x + x_from_x_ * x + x_from_y_ * y, center_.y + y_from_x_ * x + y_from_y_ * y};
  }

 private:
  double x_from_x_ = 0;
  double x_from_y_ = 0;
  double y_from_x_ = 0;
  double y_from_y_ = 0;
  Point center_;
};

Canvas::Grey draw_digit(int digit, Random& random) {
  constexpr double unsteadiness = 0.035;  // of the hand, in parts of the glyph's box
  const std::vector<Glyph>& glyphs = glyphs_of(digit);
  const Glyph& glyph = glyphs[random.below(static_cast<std::uint32_t>(glyphs.size()))];
  const Placement place(random);
  const double thickness = random.between(1.0, 3.2);
  const double softness = random.between(0.8, 1.8);
  Canvas canvas;
  for (Stroke stroke : glyph) {
    for (Point& point : stroke.points)
      point = place({point.x + random.between(-unsteadiness, unsteadiness), point.y + random.between(-unsteadiness, unsteadiness)});
    canvas.draw(flatten(stroke), (thickness + softness) / 2);
  }
  return canvas.coverage(thickness, softness);
}

/// Short lines anywhere, which belong to no digit.
Canvas::Grey draw_stray_lines(Random& random) {
  const double thickness = random.between(0.8, 1.6);
  Canvas canvas;
  for (std::uint32_t left = random.below(2); left > 0; --left) {
    const Point from{random.between(0, Canvas::side), random.between(0, Canvas::side)};
    const Point to{from.x + random.between(-5, 5), from.y + random.between(-5, 5)};
    canvas.draw({from, to}, thickness);
  }
  return canvas.coverage(thickness, 1.0);
}

void draw_image(int digit, Random& random, std::span<std::uint8_t> pixels) {
  const Canvas::Grey ink = draw_digit(digit, random);
  const Canvas::Grey stray = draw_stray_lines(random);
  const double paper = random.between(0, 0.15);
  const double brightness = random.between(0.55, 1);
  const double stray_brightness = random.between(0.3, 0.8);
  const double noise = random.between(0, 0.15);
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const double drawn = std::max(brightness * static_cast<double>(ink[i]), stray_brightness * static_cast<double>(stray[i]));
    const double grey = std::max(paper, drawn) + random.between(-noise, noise);
    pixels[i] = static_cast<std::uint8_t>(std::clamp(grey, 0.0, 1.0) * 255 + 0.5);
  }
}

Dataset load(const Selection& selection, Split split, std::uint64_t seed) {
  const DigitsArguments arguments = read_arguments(digits_schema(), selection);
  const auto count = static_cast<std::size_t>(split == Split::train ? arguments.train : arguments.test);
  constexpr std::size_t image_size = Canvas::side * Canvas::side;
  std::vector<std::uint8_t> pixels(count * image_size);
  Dataset dataset;
  dataset.image = {1, Canvas::side, Canvas::side};
  for (std::size_t i = 0; i < count; ++i) {
    const int digit = static_cast<int>(i % classes);
    Random random(seed, 2 * i + (split == Split::train ? 0 : 1));
    draw_image(digit, random, std::span(pixels).subspan(i * image_size, image_size));
    dataset.labels.push_back(digit);
  }
  dataset.pixels = std::move(pixels);
  for (int digit = 0; digit < classes; ++digit) dataset.classes.push_back(std::to_string(digit));
  return dataset;
}

}  // namespace

DatasetType digits_dataset() { return {choice_of(digits_schema()), load, nullptr}; }

}  // namespace cnnctl
