#include "datasets/images/crop.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>

namespace cnnctl {
namespace {

/// Where position `at` of a line of `size` pixels finds its pixel; -1 where it gets the fill value.
std::int64_t source_of(std::int64_t at, std::int64_t size, PaddingMode mode) {
  if (at >= 0 && at < size) return at;
  switch (mode) {
    case PaddingMode::constant:
      return -1;
    case PaddingMode::edge:
      return std::clamp<std::int64_t>(at, 0, size - 1);
    case PaddingMode::reflect: {
      if (size == 1) return 0;
      const std::int64_t period = 2 * size - 2, place = (at % period + period) % period;
      return place < size ? place : period - place;
    }
    case PaddingMode::symmetric: {
      const std::int64_t period = 2 * size, place = (at % period + period) % period;
      return place < size ? place : period - 1 - place;
    }
  }
  throw std::logic_error("an unknown padding");
}

std::vector<std::int64_t> sources(std::int64_t first, std::int64_t count, std::int64_t size, PaddingMode mode) {
  std::vector<std::int64_t> result;
  for (std::int64_t i = 0; i < count; ++i) result.push_back(source_of(first + i, size, mode));
  return result;
}

}  // namespace

PaddingMode padding_mode_of(std::string_view name) {
  if (name == "constant") return PaddingMode::constant;
  if (name == "edge") return PaddingMode::edge;
  if (name == "reflect") return PaddingMode::reflect;
  if (name == "symmetric") return PaddingMode::symmetric;
  throw std::logic_error("no padding is called " + std::string(name));
}

Image crop(const Image& image, const Box& box, PaddingMode mode, std::uint8_t fill) {
  Image result{{image.shape.channels, box.height, box.width}, {}};
  result.pixels.assign(static_cast<std::size_t>(result.shape.count()), fill);
  const std::vector<std::int64_t> rows = sources(box.top, box.height, image.shape.height, mode);
  const std::vector<std::int64_t> columns = sources(box.left, box.width, image.shape.width, mode);
  std::uint8_t* to = result.pixels.data();
  for (std::int64_t c = 0; c < image.shape.channels; ++c)
    for (const std::int64_t row : rows) {
      const std::uint8_t* const from = image.plane(c).data() + std::max<std::int64_t>(row, 0) * image.shape.width;
      for (const std::int64_t column : columns) {
        if (row >= 0 && column >= 0) *to = from[column];
        ++to;
      }
    }
  return result;
}

}  // namespace cnnctl
