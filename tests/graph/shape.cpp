#include "engine/graph/shape.h"

#include <doctest/doctest.h>

#include <limits>

namespace cnnctl {
namespace {

constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();

Window window(std::int64_t kernel, std::int64_t stride = 1, std::int64_t padding = 0, std::int64_t dilation = 1) {
  return {kernel, stride, padding, padding, dilation};
}

TEST_CASE("a map is printed as channels x height x width, a vector as its length") {
  CHECK(to_string(Shape{128, 14, 7}) == "128x14x7");
  CHECK(to_string(Shape{1568, 1, 1, true}) == "1568");
}

TEST_CASE("a map of 1x1 is not equal to a vector of the same length") { CHECK(Shape{8, 1, 1} != Shape{8, 1, 1, true}); }

TEST_CASE("a window's output size is PyTorch's") {
  CHECK(window_output(28, window(5, 1, 2)) == 28);
  CHECK(window_output(28, window(2, 2)) == 14);
  CHECK(window_output(224, window(7, 2, 3)) == 112);
  CHECK(window_output(7, window(2, 2)) == 3);
  CHECK(window_output(28, window(5, 1, 2, 2)) == 24);
  CHECK(window_output(28, {4, 1, 1, 2, 1}) == 28);
}

Window ceil_window(std::int64_t kernel, std::int64_t stride, std::int64_t padding = 0, std::int64_t dilation = 1) {
  return {kernel, stride, padding, padding, dilation, true};
}

TEST_CASE("with ceil a last window may hang over the end, so long as it starts inside the input or the padding before it") {
  CHECK(window_output(112, ceil_window(3, 2)) == 56);
  CHECK(window_output(7, ceil_window(3, 2)) == 3);
  CHECK(window_output(8, ceil_window(3, 2)) == 4);
  CHECK(window_output(4, ceil_window(2, 3, 1)) == 2);  // a third would start at pixel 5
  CHECK(window_output(8, ceil_window(3, 2, 1, 2)) == 4);
  CHECK(window_output(2, ceil_window(3, 2)) == 1);
  CHECK_THROWS_AS(window_output(1, ceil_window(3, 2)), ShapeError);
  CHECK(window_output(huge - 2, ceil_window(1, huge - 2, 1)) == 2);
}

TEST_CASE("the arithmetic of ceil shows the rounding and a window that is left out") {
  CHECK(window_arithmetic(112, ceil_window(3, 2)) == "ceil((112 - 3) / 2) + 1 = 56");
  CHECK(window_arithmetic(7, ceil_window(3, 2)) == "ceil((7 - 3) / 2) + 1 = 3");
  CHECK(window_arithmetic(4, ceil_window(2, 3, 1)) == "ceil((4 - 2 + 2*1) / 3) + 1 - 1 = 2");
  CHECK(window_arithmetic(2, ceil_window(3, 2)) == "ceil((2 - 3) / 2) + 1 = 1");
}

TEST_CASE("a window as large as its padded input fits once") {
  CHECK(window_output(5, window(5)) == 1);
  CHECK(window_output(1, window(3, 1, 1)) == 1);
  CHECK(window_output(5, window(3, 1, 0, 2)) == 1);
  CHECK(window_output(5, window(5, 100)) == 1);
}

TEST_CASE("a window larger than its padded input is an error that shows both sizes") {
  CHECK_THROWS_WITH_AS(window_output(4, window(7, 1, 1)), "a window of 7 pixels does not fit into an input of 6 pixels", ShapeError);
  CHECK_THROWS_WITH_AS(window_output(4, window(3, 1, 0, 2)), "a window of 5 pixels does not fit into an input of 4 pixels", ShapeError);
}

TEST_CASE("window sizes that overflow are an error") {
  CHECK_THROWS_AS(window_output(huge, window(3, 1, 1)), ShapeError);
  CHECK_THROWS_AS(window_output(28, window(3, 1, huge)), ShapeError);
  CHECK_THROWS_AS(window_output(28, window(huge, 1, 0, huge)), ShapeError);
  CHECK_THROWS_AS(window_output(28, window(2, 1, 0, huge)), ShapeError);
}

TEST_CASE("the arithmetic shows padding, uneven padding and dilation where there is some") {
  CHECK(window_arithmetic(28, window(5, 1, 2)) == "(28 - 5 + 2*2) / 1 + 1 = 28");
  CHECK(window_arithmetic(28, window(2, 2)) == "(28 - 2) / 2 + 1 = 14");
  CHECK(window_arithmetic(28, {4, 1, 1, 2, 1}) == "(28 - 4 + 1 + 2) / 1 + 1 = 28");
  CHECK(window_arithmetic(28, window(5, 1, 2, 2)) == "(28 - 2*(5 - 1) - 1 + 2*2) / 1 + 1 = 24");
}

TEST_CASE("products and sums that do not fit 63 bits are errors, those that just fit are not") {
  CHECK(checked_product(huge, 1) == huge);
  CHECK(checked_product(0, huge) == 0);
  CHECK(checked_product(huge, 0) == 0);
  CHECK(checked_product(std::int64_t{1} << 31, std::int64_t{1} << 31) == std::int64_t{1} << 62);
  CHECK_THROWS_WITH_AS(checked_product(std::int64_t{1} << 32, std::int64_t{1} << 31), "4294967296 * 2147483648 is too large", ShapeError);
  CHECK(checked_sum(huge - 1, 1) == huge);
  CHECK_THROWS_AS(checked_sum(huge, 1), ShapeError);
}

}  // namespace
}  // namespace cnnctl
