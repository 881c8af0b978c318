#include "datasets/images/color.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace cnnctl {
namespace {

using ByteMap = std::array<std::uint8_t, 256>;
using Histogram = std::array<std::int64_t, 256>;

/// from + factor (to - from), its fraction cut off.
std::uint8_t blend(std::uint8_t from, std::uint8_t to, float factor) {
  return static_cast<std::uint8_t>(std::clamp(static_cast<float>(from) + factor * static_cast<float>(to - from), 0.0F, 255.0F));
}

void blend_plane(const std::vector<std::uint8_t>& from, std::span<std::uint8_t> plane, double factor) {
  const auto share = static_cast<float>(factor);
  for (std::size_t i = 0; i < plane.size(); ++i) plane[i] = blend(from[i], plane[i], share);
}

template <class Function>
ByteMap byte_map(const Function& value_of) {
  ByteMap map{};
  for (std::size_t byte = 0; byte < map.size(); ++byte) map[byte] = value_of(static_cast<int>(byte));
  return map;
}

void map_bytes(std::span<std::uint8_t> pixels, const ByteMap& map) {
  for (std::uint8_t& pixel : pixels) pixel = map[pixel];
}

/// Every byte becomes the mean of it and a constant.
void blend_with_constant(Image& image, std::uint8_t constant, double factor) {
  map_bytes(image.pixels, byte_map([&](int byte) { return blend(constant, static_cast<std::uint8_t>(byte), static_cast<float>(factor)); }));
}

Histogram histogram_of(std::span<const std::uint8_t> plane) {
  Histogram histogram{};
  for (const std::uint8_t pixel : plane) ++histogram[pixel];
  return histogram;
}

/// A 3 x 3 mean that counts the middle five times; the outermost pixels stay.
std::vector<std::uint8_t> smooth(std::span<const std::uint8_t> plane, const Shape& shape) {
  std::vector<std::uint8_t> result(plane.begin(), plane.end());
  for (std::int64_t y = 1; y + 1 < shape.height; ++y)
    for (std::int64_t x = 1; x + 1 < shape.width; ++x) {
      int sum = 0;
      for (std::int64_t row = y - 1; row <= y + 1; ++row)
        for (std::int64_t column = x - 1; column <= x + 1; ++column) sum += plane[static_cast<std::size_t>(row * shape.width + column)];
      const auto at = static_cast<std::size_t>(y * shape.width + x);
      result[at] = static_cast<std::uint8_t>((2 * (sum + 4 * plane[at]) + 13) / 26);
    }
  return result;
}

struct Color {
  std::uint8_t first = 0, second = 0, third = 0;
};

/// Hue, saturation and value, each as a byte. Source: Python's colorsys.rgb_to_hsv.
Color to_hsv(const Color& rgb) {
  const int red = rgb.first, green = rgb.second, blue = rgb.third;
  const int most = std::max({red, green, blue}), range = most - std::min({red, green, blue});
  const auto value = static_cast<std::uint8_t>(most);
  if (range == 0) return {0, 0, value};
  // Which numbers are float and which double decides for hues that lie between two bytes.
  const auto part = [&](int channel) { return double{static_cast<float>(most - channel) / static_cast<float>(range)}; };
  auto sixths = static_cast<float>(4.0 + part(green) - part(red));
  if (red == most)
    sixths = static_cast<float>(part(blue) - part(green));
  else if (green == most)
    sixths = static_cast<float>(2.0 + part(red) - part(blue));
  const auto hue = static_cast<float>(std::fmod(sixths / 6.0 + 1.0, 1.0));
  const float saturation = static_cast<float>(range) / static_cast<float>(most);
  return {static_cast<std::uint8_t>(static_cast<double>(hue) * 255.0), static_cast<std::uint8_t>(static_cast<double>(saturation) * 255.0),
          value};
}

Color to_rgb(const Color& hsv) {
  if (hsv.second == 0) return {hsv.third, hsv.third, hsv.third};
  const double sixths = hsv.first * 6.0 / 255.0, value = hsv.third;
  const double saturation = static_cast<float>(hsv.second / 255.0), part = static_cast<float>(sixths - std::floor(sixths));
  const auto byte = [](double number) { return static_cast<std::uint8_t>(std::clamp(std::round(number), 0.0, 255.0)); };
  const std::uint8_t least = byte(value * (1 - saturation)), falling = byte(value * (1 - saturation * part)),
                     rising = byte(value * (1 - saturation * (1 - part)));
  switch (static_cast<int>(sixths) % 6) {
    case 0:
      return {hsv.third, rising, least};
    case 1:
      return {falling, hsv.third, least};
    case 2:
      return {least, hsv.third, rising};
    case 3:
      return {least, falling, hsv.third};
    case 4:
      return {rising, least, hsv.third};
    default:
      return {hsv.third, least, falling};
  }
}

/// The bytes of a channel spread as evenly as its histogram allows; itself where it has too few different ones.
ByteMap equalizing_map(const Histogram& histogram) {
  const auto last = std::find_if(histogram.rbegin(), histogram.rend(), [](std::int64_t count) { return count > 0; });
  const std::int64_t below = std::accumulate(histogram.begin(), histogram.end(), std::int64_t{0}) - *last;
  const std::int64_t step = below / 255;
  std::int64_t sum = step / 2;
  return byte_map([&](int byte) {
    if (step == 0) return static_cast<std::uint8_t>(byte);
    const auto value = static_cast<std::uint8_t>(std::min<std::int64_t>(sum / step, 255));
    sum += histogram[static_cast<std::size_t>(byte)];
    return value;
  });
}

}  // namespace

std::vector<std::uint8_t> luminance(const Image& image) {
  const auto red = image.plane(0);
  if (image.shape.channels == 1) return {red.begin(), red.end()};
  const auto green = image.plane(1), blue = image.plane(2);
  std::vector<std::uint8_t> result(red.size());
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = static_cast<std::uint8_t>((red[i] * 19595U + green[i] * 38470U + blue[i] * 7471U + 0x8000U) >> 16U);
  return result;
}

void adjust_brightness(Image& image, double factor) { blend_with_constant(image, 0, factor); }

void adjust_contrast(Image& image, double factor) {
  const std::vector<std::uint8_t> grey = luminance(image);
  const double sum = std::accumulate(grey.begin(), grey.end(), 0.0);
  blend_with_constant(image, static_cast<std::uint8_t>(sum / static_cast<double>(grey.size()) + 0.5), factor);
}

void adjust_saturation(Image& image, double factor) {
  if (image.shape.channels == 1) return;
  const std::vector<std::uint8_t> grey = luminance(image);
  for (std::int64_t c = 0; c < 3; ++c) blend_plane(grey, image.plane(c), factor);
}

void adjust_sharpness(Image& image, double factor) {
  for (std::int64_t c = 0; c < image.shape.channels; ++c) blend_plane(smooth(image.plane(c), image.shape), image.plane(c), factor);
}

void adjust_hue(Image& image, double shift) {
  if (image.shape.channels == 1) return;
  const auto turn = static_cast<std::uint8_t>(static_cast<int>(shift * 255));
  const auto red = image.plane(0), green = image.plane(1), blue = image.plane(2);
  for (std::size_t i = 0; i < red.size(); ++i) {
    Color color = to_hsv({red[i], green[i], blue[i]});
    color.first = static_cast<std::uint8_t>(color.first + turn);
    const Color turned = to_rgb(color);
    red[i] = turned.first;
    green[i] = turned.second;
    blue[i] = turned.third;
  }
}

void posterize(Image& image, int bits) {
  const auto mask = static_cast<std::uint8_t>(0xFFU << (8U - static_cast<unsigned>(bits)));
  for (std::uint8_t& pixel : image.pixels) pixel &= mask;
}

void solarize(Image& image, double threshold) {
  map_bytes(image.pixels, byte_map([&](int byte) { return static_cast<std::uint8_t>(byte < threshold ? byte : 255 - byte); }));
}

void stretch_contrast(Image& image) {
  for (std::int64_t c = 0; c < image.shape.channels; ++c) {
    const auto plane = image.plane(c);
    const auto [least, most] = std::minmax_element(plane.begin(), plane.end());
    if (*least == *most) continue;
    const double scale = 255.0 / (*most - *least), offset = -*least * scale;
    map_bytes(plane, byte_map([&](int byte) { return static_cast<std::uint8_t>(std::clamp(byte * scale + offset, 0.0, 255.0)); }));
  }
}

void equalize(Image& image) {
  for (std::int64_t c = 0; c < image.shape.channels; ++c) map_bytes(image.plane(c), equalizing_map(histogram_of(image.plane(c))));
}

}  // namespace cnnctl
