#pragma once

#include <cstdint>
#include <string>

namespace cnnctl {

/// Height and width: of a kernel, a stride, a padding, a dilation. In pixels. In a config: one number for both, or [height, width].
struct Size {
  std::int64_t height = 0;
  std::int64_t width = 0;

  friend bool operator==(const Size&, const Size&) = default;
};

/// What a convolution adds around its input: `size` pixels on each side, or, where `same`, as many as keep the output as large as the
/// input. In a config: a size, or the word same.
struct Padding {
  bool same = false;
  Size size;

  friend bool operator==(const Padding&, const Padding&) = default;
};

/// What an image is resized to: `size`, or (`shorter_side`) its shorter side to size.height and the other in proportion. In a config:
/// [height, width], or one number for the shorter side.
struct ImageSize {
  bool shorter_side = false;
  Size size;

  friend bool operator==(const ImageSize&, const ImageSize&) = default;
};

/// Where a random number is drawn from: [low, high], or (`single`) around one number, in a way that its owner says; then both are that
/// number. In a config: a number or [low, high].
struct Spread {
  bool single = true;
  double low = 0;
  double high = 0;

  friend bool operator==(const Spread&, const Spread&) = default;
};

/// "5x5".
std::string to_string(const Size& size);

/// "same", or the size as "2x2".
std::string to_string(const Padding& padding);

}  // namespace cnnctl
