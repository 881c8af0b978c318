#include "engine/runtime/layout.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "check.h"

namespace cnnctl {
namespace {

TEST_CASE("a map's format is called as oneDNN calls it") {
  const Dims dims{2, 16, 3, 2};
  CHECK(format_name(plain_desc({5})) == "x");
  CHECK(format_name(plain_desc({2, 5})) == "nc");
  CHECK(format_name(plain_desc(dims)) == "nchw");
  CHECK(format_name(f32_desc(dims, FormatTag::nhwc)) == "nhwc");
  CHECK(format_name(f32_desc(dims, FormatTag::nChw8c)) == "nChw8c");
  CHECK(format_name(bf16_desc(dims, FormatTag::nChw16c)) == "nChw16c");
}

TEST_CASE("weights' formats are called by channels of output and input, and by groups") {
  const Dims dims{16, 32, 3, 2};
  CHECK(weights_format_name(plain_desc({5})) == "x");
  CHECK(weights_format_name(plain_desc({2, 5})) == "oi");
  CHECK(weights_format_name(plain_desc(dims)) == "oihw");
  CHECK(weights_format_name(f32_desc(dims, FormatTag::bcda)) == "ihwo");
  CHECK(weights_format_name(f32_desc(dims, FormatTag::OIhw8i8o)) == "OIhw8i8o");
  CHECK(weights_format_name(f32_desc({16, 1, 1, 3, 2}, FormatTag::Goihw8g)) == "Goihw8g");
  CHECK(weights_format_name(f32_desc({2, 16, 8, 3, 2}, FormatTag::gOIhw8i8o)) == "gOIhw8i8o");
}

TEST_CASE("a copy between formats moves every element and clears the padding") {
  const Dims dims{2, 5, 3, 2};
  const Desc plain = plain_desc(dims), blocked = f32_desc(dims, FormatTag::nChw8c);
  const auto values = random_floats(60, 1);
  std::vector<float> in_blocks(static_cast<std::size_t>(count_floats(blocked)), 9.0F), back(60);
  FormatCopy(plain, blocked)(values.data(), in_blocks.data());
  FormatCopy(blocked, plain)(in_blocks.data(), back.data());
  CHECK(back == values);
  CHECK(std::count(in_blocks.begin(), in_blocks.end(), 0.0F) == 2 * 6 * 3);
  CHECK(std::count(in_blocks.begin(), in_blocks.end(), 9.0F) == 0);
}

}  // namespace
}  // namespace cnnctl
