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

/// "5x5".
std::string to_string(const Size& size);

/// "same", or the size as "2x2".
std::string to_string(const Padding& padding);

}  // namespace cnnctl
