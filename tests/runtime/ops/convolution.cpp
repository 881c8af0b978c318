#include <doctest/doctest.h>

#include "../check.h"

namespace cnnctl {
namespace {

/// The second convolution behind another, which needs its gradient by data.
std::string pair(int in, int out, int kernel, const std::string& rest) {
  return "- conv: {out_channels: " + std::to_string(in) + ", kernel_size: 3}\n- conv: {out_channels: " + std::to_string(out) +
         ", kernel_size: " + std::to_string(kernel) + ", padding: 2" + rest + "}\n";
}

TEST_CASE("no number of channels makes a convolution fall back to the library's plain loops") {
  for (const int in : {2, 8, 12, 18})
    for (const int out : {4, 16, 20}) {
      for (const char* rest : {"", ", stride: 2", ", groups: 2"}) CHECK(plain_loops(pair(in, out, 3, rest), {1, 8, 8}) == "");
      CHECK(plain_loops(pair(in, out, 5, ""), {1, 8, 8}) == "");
    }
}

TEST_CASE("a convolution's result and gradients are those of a plain loop") {
  check_network("- conv: {out_channels: 4, kernel_size: 3}", {3, 7, 6}, 2);
  check_network("- conv: {out_channels: 8, kernel_size: 3, stride: 2, padding: 1}", {5, 9, 9}, 3);
  check_network("- conv: {out_channels: 6, kernel_size: [3, 1], stride: [1, 2], padding: [2, 0]}", {16, 5, 8}, 2);
  check_network("- conv: {out_channels: 5, kernel_size: 3, dilation: 2, padding: 2, bias: false}", {8, 8, 8}, 2);
  check_network("- conv: {out_channels: 16, kernel_size: 1}", {32, 4, 4}, 2);
  check_network("- conv: {out_channels: 36, kernel_size: 3, padding: 1}", {24, 6, 6}, 2);
  check_network("- conv: {out_channels: 16, kernel_size: 3, padding: 4}", {16, 5, 6}, 2);
  check_network("- conv: {out_channels: 8, kernel_size: [3, 1], stride: 2, padding: [3, 1]}", {3, 6, 5}, 2);
}

TEST_CASE("a convolution behind a layer of few channels is right") {
  for (const std::string channels : {"2", "6", "8", "12", "18"})
    for (const std::string rest : {"", ", stride: 2", ", groups: 2"})
      check_network(
          "- conv: {out_channels: " + channels + ", kernel_size: 1}\n- conv: {out_channels: 8, kernel_size: 3, padding: 2" + rest + "}",
          {2, 6, 5}, 2);
}

TEST_CASE("padding: same keeps the map's size, also with an even kernel") {
  check_network("- conv: {out_channels: 4, kernel_size: 4, padding: same}", {2, 6, 7}, 2);
  check_network("- conv: {out_channels: 4, kernel_size: 3, padding: same, dilation: 2}", {3, 6, 6}, 2);
}

TEST_CASE("grouped and depthwise convolutions are right") {
  check_network("- conv: {out_channels: 8, kernel_size: 3, groups: 2}", {4, 6, 6}, 2);
  check_network("- conv: {out_channels: 16, kernel_size: 3, padding: 1, groups: 16}", {16, 6, 6}, 2);
  check_network("- conv: {out_channels: 24, kernel_size: 3, padding: 1, stride: 2, groups: 12, bias: false}", {12, 7, 7}, 2);
}

TEST_CASE("depthwise convolutions are right for every kernel and stride, odd sizes, and any number of channels") {
  for (const std::string kernel : {"3", "5", "7"})
    for (const std::string stride : {"1", "2"})
      for (const std::string bias : {"true", "false"})
        check_network("- conv: {out_channels: 12, kernel_size: 1}\n- conv: {out_channels: 12, kernel_size: " + kernel +
                          ", stride: " + stride + ", padding: " +
                          (kernel == "3"   ? "1"
                           : kernel == "5" ? "2"
                                           : "3") +
                          ", groups: 12, bias: " + bias + "}",
                      {3, 9, 11}, 2);
}

TEST_CASE("depthwise convolutions that our own loops leave to the library are right") {
  check_network("- conv: {out_channels: 8, kernel_size: 3, padding: 2, dilation: 2, groups: 8}", {8, 7, 7}, 2);
  check_network("- conv: {out_channels: 8, kernel_size: [1, 5], padding: [0, 2], groups: 8}", {8, 6, 7}, 2);
  check_network("- conv: {out_channels: 8, kernel_size: 3, padding: 1, stride: [1, 2], groups: 8}", {8, 6, 7}, 2);
  check_network("- conv: {out_channels: 8, kernel_size: 3, padding: 4, groups: 8}", {8, 4, 4}, 2);
}

TEST_CASE("a depthwise convolution adds its gradient to that of the other readers of its input") {
  check_network(
      "- conv: {out_channels: 16, kernel_size: 1}\n- residual: {body: [{conv: {out_channels: 16, kernel_size: 3, padding: 1, groups: "
      "16}}]}",
      {3, 6, 7}, 2);
  check_network(
      "- conv: {out_channels: 16, kernel_size: 1}\n- concat: {branches: [[{conv: {out_channels: 16, kernel_size: 3, padding: 1, groups: "
      "16}}], [{conv: {out_channels: 16, kernel_size: 5, padding: 2, groups: 16}}], []]}",
      {3, 6, 7}, 2);
}

TEST_CASE("evaluation joins batch norm and activation to a depthwise convolution") {
  for (const std::string activation : {"relu", "relu6", "hardswish", "silu", "tanh"})
    for (const std::string kernel : {"3", "5"})
      check_network("- conv: {out_channels: 12, kernel_size: " + kernel + ", padding: 1, groups: 12}\n- batch_norm\n- " + activation,
                    {12, 6, 7}, 2);
}

TEST_CASE("a first layer of one to four channels is right for every width of kernel") {
  for (const int channels : {1, 2, 3, 4})
    for (const int kernel : {1, 3, 5, 7, 9}) {
      const std::string size = std::to_string(kernel);
      check_network("- conv: {out_channels: 16, kernel_size: " + size + ", padding: " + std::to_string(kernel / 2) + ", stride: 2}",
                    {channels, 12, 11}, 3);
    }
}

TEST_CASE("convolutions by Winograd's method are right for every padding, odd sizes and any whole number of channel blocks") {
  for (const int kernel : {3, 5}) {
    const std::string size = ", kernel_size: " + std::to_string(kernel);
    for (int padding = 0; padding < kernel; ++padding)
      check_network("- conv: {out_channels: 16" + size + ", padding: " + std::to_string(padding) + "}", {16, 9, 6}, 3);
    check_network("- conv: {out_channels: 48" + size + ", padding: 2}", {16, 5, 5}, 2);
    check_network("- conv: {out_channels: 24" + size + ", padding: 2}", {40, 8, 8}, 1);
    check_network("- conv: {out_channels: 16" + size + ", padding: same, bias: false}", {32, 14, 14}, 1);
  }
}

TEST_CASE("convolutions by Winograd's method are right where one thread's tiles are worked on in several parts") {
  check_network("- conv: {out_channels: 16, kernel_size: 5, padding: 2}", {16, 20, 36}, 1);
  check_network("- conv: {out_channels: 16, kernel_size: 3, padding: 1}", {16, 52, 53}, 1);
}

TEST_CASE("convolutions by Winograd's method are right with many channels") {
  check_network("- conv: {out_channels: 136, kernel_size: 3, padding: 1}", {128, 4, 5}, 2);
}

TEST_CASE("a residual sum behind a convolution by Winograd's method is right where evaluation joins them") {
  check_network("- residual:\n    body:\n      - conv: {out_channels: 16, kernel_size: 3, padding: 1}\n- relu", {16, 6, 6}, 2);
  check_network(
      "- conv: {out_channels: 16, kernel_size: 1}\n- residual:\n    body:\n      - conv: {out_channels: 16, kernel_size: 3, padding: 1}",
      {8, 6, 6}, 2);
}

TEST_CASE("an activation behind a convolution is right where evaluation joins them") {
  for (const std::string activation : {"relu", "sigmoid", "tanh", "elu", "{leaky_relu: {negative_slope: 0.2}}", "relu6", "hardswish",
                                       "hardsigmoid", "silu", "gelu", "{gelu: {approximate: tanh}}", "mish", "softplus"})
    for (const std::string kernel : {"3", "5"})
      check_network("- conv: {out_channels: 16, kernel_size: " + kernel + ", padding: 2}\n- " + activation, {16, 6, 6}, 2);
}

TEST_CASE("a batch norm behind a convolution is right where evaluation folds it in") {
  for (const std::string kernel : {"3", "5"})
    for (const std::string bias : {"true", "false"})
      for (const std::string affine : {"true", "false"})
        check_network(
            "- conv: {out_channels: 16, kernel_size: " + kernel + ", bias: " + bias + "}\n- batch_norm: {affine: " + affine + "}\n- relu",
            {16, 8, 8}, 2);
}

}  // namespace
}  // namespace cnnctl
