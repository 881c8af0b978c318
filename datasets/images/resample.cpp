#include "datasets/images/resample.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <string_view>

#include "engine/diagnostics/diagnostic.h"

namespace cnnctl {
namespace {

constexpr int fraction_bits = 22;  // of a weight: eight more for the pixel and one for the sign leave one bit for overshooting sums
constexpr std::int32_t half = 1 << (fraction_bits - 1);

double triangle(double x) { return std::max(0.0, 1.0 - std::abs(x)); }

/// Source: Keys, Cubic Convolution Interpolation for Digital Image Processing, with a = -0.5.
double keys_cubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

struct Kernel {
  double (*weight)(double);
  double radius;
};

Kernel kernel_of(Interpolation interpolation) {
  switch (interpolation) {
    case Interpolation::bilinear:
      return {triangle, 1};
    case Interpolation::bicubic:
      return {keys_cubic, 2};
    case Interpolation::nearest:
      break;
  }
  throw std::logic_error("nearest has no kernel");
}

/// The input pixels that one output pixel is the weighted sum of: `count` from `first` on.
struct Taps {
  std::int64_t first = 0;
  std::int64_t count = 0;
  const std::int32_t* weights = nullptr;
};

/// The taps of every output pixel along one dimension.
class TapTable {
 public:
  TapTable(std::int64_t in, std::int64_t out, const Kernel& kernel) {
    const double scale = static_cast<double>(in) / static_cast<double>(out);
    const double widening = std::max(scale, 1.0);
    const double radius = kernel.radius * widening;
    stride_ = static_cast<std::size_t>(std::ceil(radius)) * 2 + 1;
    weights_.resize(stride_ * static_cast<std::size_t>(out));
    std::vector<double> exact(stride_);
    for (std::int64_t i = 0; i < out; ++i) {
      const double center = (static_cast<double>(i) + 0.5) * scale;
      const std::int64_t first = std::max<std::int64_t>(0, static_cast<std::int64_t>(center - radius + 0.5));
      const std::int64_t end = std::min(in, static_cast<std::int64_t>(center + radius + 0.5));
      const auto count = static_cast<std::size_t>(end - first);
      double sum = 0;
      for (std::size_t k = 0; k < count; ++k)
        sum += exact[k] = kernel.weight((static_cast<double>(first) + static_cast<double>(k) - center + 0.5) / widening);
      std::int32_t* const weights = weights_.data() + static_cast<std::size_t>(i) * stride_;
      for (std::size_t k = 0; k < count; ++k) weights[k] = static_cast<std::int32_t>(std::lround(exact[k] / sum * (1 << fraction_bits)));
      taps_.push_back({first, end - first, weights});
    }
  }
  TapTable(const TapTable&) = delete;
  TapTable& operator=(const TapTable&) = delete;

  const std::vector<Taps>& taps() const { return taps_; }

 private:
  std::size_t stride_ = 0;
  std::vector<std::int32_t> weights_;
  std::vector<Taps> taps_;
};

std::uint8_t to_byte(std::int32_t sum) { return static_cast<std::uint8_t>(std::clamp(sum >> fraction_bits, 0, 255)); }

/// Four rows at a time share the weights they read.
void resample_four_rows(const std::uint8_t* in, std::int64_t in_stride, const std::vector<Taps>& taps, std::uint8_t* out) {
  const auto out_stride = static_cast<std::int64_t>(taps.size());
  for (const Taps& tap : taps) {
    std::int32_t sums[4] = {half, half, half, half};
    const std::uint8_t* const pixels = in + tap.first;
    for (std::int64_t k = 0; k < tap.count; ++k)
      for (std::int64_t row = 0; row < 4; ++row) sums[row] += tap.weights[k] * pixels[row * in_stride + k];
    for (std::int64_t row = 0; row < 4; ++row) out[row * out_stride] = to_byte(sums[row]);
    ++out;
  }
}

void resample_row(const std::uint8_t* in, const std::vector<Taps>& taps, std::uint8_t* out) {
  for (const Taps& tap : taps) {
    std::int32_t sum = half;
    for (std::int64_t k = 0; k < tap.count; ++k) sum += tap.weights[k] * in[tap.first + k];
    *out++ = to_byte(sum);
  }
}

void resample_rows(const std::uint8_t* in, std::int64_t in_stride, std::int64_t rows, const std::vector<Taps>& taps, std::uint8_t* out) {
  const auto out_stride = static_cast<std::int64_t>(taps.size());
  std::int64_t row = 0;
  for (; row + 4 <= rows; row += 4) resample_four_rows(in + row * in_stride, in_stride, taps, out + row * out_stride);
  for (; row < rows; ++row) resample_row(in + row * in_stride, taps, out + row * out_stride);
}

void resample_columns(const std::uint8_t* in, std::int64_t width, const std::vector<Taps>& taps, std::uint8_t* out) {
  std::vector<std::int32_t> sums(static_cast<std::size_t>(width));
  for (const Taps& tap : taps) {
    std::fill(sums.begin(), sums.end(), half);
    for (std::int64_t k = 0; k < tap.count; ++k) {
      const std::uint8_t* const row = in + (tap.first + k) * width;
      const std::int32_t weight = tap.weights[k];
      for (std::size_t x = 0; x < sums.size(); ++x) sums[x] += weight * row[x];
    }
    for (const std::int32_t sum : sums) *out++ = to_byte(sum);
  }
}

/// The input pixel below the centre of each output pixel. The step is added up as Pillow does: rounding decides where a centre lies between
/// two pixels.
std::vector<std::int64_t> nearest_pixels(std::int64_t in, std::int64_t out) {
  const double step = static_cast<double>(in) / static_cast<double>(out);
  std::vector<std::int64_t> pixels(static_cast<std::size_t>(out));
  double center = step * 0.5;
  for (std::int64_t& pixel : pixels) {
    pixel = static_cast<std::int64_t>(center);
    center += step;
  }
  return pixels;
}

Image pick_nearest(const Image& image, const Box& box, const Size& to) {
  Image result = make_image({image.shape.channels, to.height, to.width});
  const std::vector<std::int64_t> rows = nearest_pixels(box.height, to.height), columns = nearest_pixels(box.width, to.width);
  std::uint8_t* out = result.pixels.data();
  for (std::int64_t c = 0; c < image.shape.channels; ++c)
    for (const std::int64_t row : rows) {
      const std::uint8_t* const in = image.plane(c).data() + (box.top + row) * image.shape.width + box.left;
      for (const std::int64_t column : columns) *out++ = in[column];
    }
  return result;
}

constexpr std::int64_t longest_side = 1 << fraction_bits;  // of what is resampled: a mean of more pixels has no weights left

/// What is resampled in one direction and then in the other may be larger in between than before and after.
void require_room(const Box& box, const Size& to) {
  if (std::max(box.height, box.width) > longest_side)
    throw InputError(
        fmt::format("is {}x{} pixels; images with a side of more than {} pixels are not resized", box.height, box.width, longest_side));
  const std::int64_t rows = std::max(box.height, to.height);
  if (rows > max_image_pixels / to.width)
    throw InputError(fmt::format("to make {} pixels of {}x{} takes an image of {}x{} in between; images of more than {} pixels are refused",
                                 to_string(to), box.height, box.width, rows, to.width, max_image_pixels));
}

}  // namespace

Interpolation interpolation_of(std::string_view name) {
  if (name == "nearest") return Interpolation::nearest;
  if (name == "bilinear") return Interpolation::bilinear;
  if (name == "bicubic") return Interpolation::bicubic;
  throw std::logic_error("no interpolation is called " + std::string(name));
}

Image resample(const Image& image, const Box& box, const Size& to, Interpolation interpolation) {
  require_room(box, to);
  if (interpolation == Interpolation::nearest) return pick_nearest(image, box, to);
  Image result = make_image({image.shape.channels, to.height, to.width});
  const std::int64_t stride = image.shape.width;
  const std::int64_t start = box.top * stride + box.left;
  const Kernel kernel = kernel_of(interpolation);
  const TapTable horizontal(box.width, to.width, kernel), vertical(box.height, to.height, kernel);
  std::vector<std::uint8_t> rows(static_cast<std::size_t>(box.height * to.width));
  for (std::int64_t c = 0; c < image.shape.channels; ++c) {
    resample_rows(image.plane(c).data() + start, stride, box.height, horizontal.taps(), rows.data());
    resample_columns(rows.data(), to.width, vertical.taps(), result.plane(c).data());
  }
  return result;
}

}  // namespace cnnctl
