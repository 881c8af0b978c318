#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "../check.h"

namespace cnnctl {
namespace {

// A convolution in front brings the map into blocked channels; without it pooling reads nchw.
const std::string blocked = "- conv: {out_channels: 16, kernel_size: 1}\n";

TEST_CASE("max_pool's result and gradients are those of a plain loop, in every format") {
  for (const std::string& before : {std::string(), blocked})
    for (const std::string pool :
         {"2", "{kernel_size: 3, stride: 2, padding: 1}", "{kernel_size: 2, stride: 1}", "{kernel_size: [1, 3], stride: [2, 1]}"})
      check_network(before + "- max_pool: " + (pool[0] == '{' ? pool : "{kernel_size: " + pool + "}"), {3, 7, 8}, 2);
}

TEST_CASE("a window of more than 255 elements is right") { check_network(blocked + "- max_pool: {kernel_size: 16}", {2, 17, 16}, 2); }

TEST_CASE("avg_pool's result and gradients are those of a plain loop, with padding counted or not") {
  for (const std::string& before : {std::string(), blocked})
    for (const std::string count : {"true", "false"}) {
      check_network(before + "- avg_pool: {kernel_size: 3, stride: 2, padding: 1, count_include_pad: " + count + "}", {3, 7, 8}, 2);
      check_network(before + "- avg_pool: {kernel_size: 2, count_include_pad: " + count + "}", {3, 7, 8}, 2);
    }
}

TEST_CASE("a last window that hangs over the end is right, in every format") {
  for (const std::string& before : {std::string(), blocked})
    for (const std::string pool : {"max_pool: {", "avg_pool: {", "avg_pool: {count_include_pad: false, "}) {
      check_network(before + "- " + pool + "kernel_size: 3, stride: 2, ceil_mode: true}", {3, 6, 7}, 2);
      check_network(before + "- " + pool + "kernel_size: 3, stride: 2, padding: 1, ceil_mode: true}", {3, 6, 8}, 2);
      check_network(before + "- " + pool + "kernel_size: 3, stride: 2, ceil_mode: true}", {3, 2, 2}, 2);
      check_network(before + "- " + pool + "kernel_size: 2, stride: 3, padding: 1, ceil_mode: true}", {3, 4, 5}, 2);
    }
}

TEST_CASE("a dilated max_pool's result and gradients are those of a plain loop, in every format") {
  for (const std::string& before : {std::string(), blocked})
    for (const std::string pool : {"{kernel_size: 3, dilation: 2}", "{kernel_size: [2, 3], stride: 1, padding: 1, dilation: [3, 2]}",
                                   "{kernel_size: 3, stride: 2, padding: 1, dilation: 2, ceil_mode: true}"})
      check_network(before + "- max_pool: " + pool, {3, 8, 9}, 2);
}

TEST_CASE("adaptive pooling is right for even and uneven windows, and for a result larger than its input") {
  for (const std::string& before : {std::string(), blocked})
    for (const std::string pool : {"adaptive_avg_pool", "adaptive_max_pool"})
      for (const std::string size : {"1", "[2, 4]", "[3, 5]", "9"})
        check_network(before + "- " + pool + ": {output_size: " + size + "}", {3, 6, 8}, 2);
}

TEST_CASE("a global pooling is over the whole map, also one of more than 255 pixels") {
  for (const std::string pool : {"- global_avg_pool", "- global_max_pool"}) {
    check_network(pool, {3, 5, 4}, 2);
    check_network(blocked + pool, {3, 17, 16}, 1);
  }
}

TEST_CASE("a NaN wins every window it is in, as in PyTorch, in blocked channels") {
  const Graph graph = network_of("- conv: {out_channels: 16, kernel_size: 1, bias: false}\n- max_pool: {kernel_size: 2}", {16, 2, 4});
  ModelOptions options;
  options.mode = Mode::evaluation;
  Model model(graph, options);
  model.set_parameter(0, std::vector<float>(16 * 16, 1.0F));
  Program& program = model.evaluation(1);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> image{1, nan, 2, 3, 4, 5, 6, 7};  // of the first channel; the others are 0
  std::ranges::fill(program.input(), 0.0F);
  std::copy(image.begin(), image.end(), program.input().begin());
  program.forward();
  CHECK(std::isnan(program.output()[0]));
  CHECK(program.output()[1] == 7);
}

}  // namespace
}  // namespace cnnctl
