#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/graph/shape.h"
#include "engine/schema/size.h"

namespace cnnctl {

/// The most pixels that an image may have: 10,000 x 10,000. What claims more is refused before anything is allocated for it.
inline constexpr std::int64_t max_image_pixels = 100'000'000;

/// An image of bytes, channels x height x width: grey or red, green, blue where it was read from a file.
struct Image {
  Shape shape;
  std::vector<std::uint8_t> pixels;
  std::optional<Size> stored = std::nullopt;  // what the file holds, where it was decoded smaller

  /// The shape that the image would have, had it not been decoded smaller: what sizes in proportion are reckoned from.
  Shape whole() const { return stored ? Shape{shape.channels, stored->height, stored->width} : shape; }

  std::span<std::uint8_t> plane(std::int64_t channel) { return std::span(pixels).subspan(plane_start(channel), plane_size()); }
  std::span<const std::uint8_t> plane(std::int64_t channel) const { return std::span(pixels).subspan(plane_start(channel), plane_size()); }
  std::size_t plane_size() const { return static_cast<std::size_t>(shape.height * shape.width); }

 private:
  std::size_t plane_start(std::int64_t channel) const { return static_cast<std::size_t>(channel) * plane_size(); }
};

/// An image of zeros.
inline Image make_image(const Shape& shape) { return {shape, std::vector<std::uint8_t>(static_cast<std::size_t>(shape.count()))}; }

/// A rectangle of an image, in pixels.
struct Box {
  std::int64_t top = 0;
  std::int64_t left = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
};

}  // namespace cnnctl
