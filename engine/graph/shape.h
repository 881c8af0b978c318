#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace cnnctl {

/// The most elements that one image's value or one parameter may have. Products of two such counts fit 63 bits, so costs can be reckoned
/// without overflow, and oneDNN's 32-bit offsets within an image hold.
inline constexpr std::int64_t max_elements = (std::int64_t{1} << 31) - 1;

/// The shape of one image's value, without the batch dimension: a map of channels x height x width, or (flat) a vector of `channels`
/// features.
struct Shape {
  std::int64_t channels = 0;
  std::int64_t height = 1;
  std::int64_t width = 1;
  bool flat = false;

  std::int64_t count() const { return channels * height * width; }
  friend bool operator==(const Shape&, const Shape&) = default;
};

/// "128x14x14", or "1568" for a vector.
std::string to_string(const Shape& shape);

/// A shape that does not fit: what the user wrote cannot work on the input it gets. The network's builder adds the place.
class ShapeError : public std::runtime_error {
 public:
  explicit ShapeError(const std::string& message, std::string hint = "") : std::runtime_error(message), hint_(std::move(hint)) {}
  const std::string& hint() const { return hint_; }

 private:
  std::string hint_;
};

/// One dimension of a sliding window, in pixels: the window covers `kernel` pixels `dilation` apart, moves by `stride`, over an input with
/// `padding_begin` and `padding_end` added. Where `ceil`, the output's size rounds up: a last window may hang over the end, so long as it
/// starts inside the input or the padding before it. Source: ceil_mode of torch.nn.MaxPool2d.
struct Window {
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t padding_begin = 0;
  std::int64_t padding_end = 0;
  std::int64_t dilation = 1;
  bool ceil = false;

  friend bool operator==(const Window&, const Window&) = default;
};

/// Pixels that a window covers from its first to its last: dilation (kernel - 1) + 1. Throws ShapeError on overflow.
std::int64_t window_span(const Window& window);

/// The input's size with its padding. Throws ShapeError on overflow.
std::int64_t padded_size(std::int64_t in, const Window& window);

/// Whether a window has a place: it is no larger than the padded input, or (ceil) hangs over by less than a stride. Throws ShapeError on
/// overflow.
bool window_fits(std::int64_t in, const Window& window);

/// Output size of a sliding window along one dimension: floor((in + 2 padding - dilation (kernel - 1) - 1) / stride) + 1, or with ceil
/// instead of floor and less a window that would start outside. Sizes in pixels. Throws ShapeError when the window does not fit. Source:
/// torch.nn.Conv2d, torch.nn.MaxPool2d.
std::int64_t window_output(std::int64_t in, const Window& window);

/// The arithmetic of the same, as shape-check prints it: "(28 - 5 + 2*2) / 1 + 1 = 28", where the division rounds down, as PyTorch's;
/// with ceil "ceil((112 - 3) / 2) + 1 = 56", and " - 1" where a window would start outside.
std::string window_arithmetic(std::int64_t in, const Window& window);

/// a * b for non-negative sizes; throws ShapeError where the product does not fit 63 bits.
std::int64_t checked_product(std::int64_t a, std::int64_t b);

/// a + b for non-negative sizes; throws ShapeError where the sum does not fit 63 bits.
std::int64_t checked_sum(std::int64_t a, std::int64_t b);

}  // namespace cnnctl
