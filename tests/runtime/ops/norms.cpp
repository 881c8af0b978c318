#include <doctest/doctest.h>

#include "../check.h"

namespace cnnctl {
namespace {

// Channel counts that fill blocks of 8 and 16, and ones that do not; without a convolution in front the map comes in nchw.
const std::vector<std::string> befores = {"", "- conv: {out_channels: 16, kernel_size: 1}\n",
                                          "- conv: {out_channels: 21, kernel_size: 1}\n"};

TEST_CASE("lrn's result and gradients are those of a plain loop, for odd and even sizes and any exponent") {
  for (const std::string& before : befores)
    for (const std::string arguments : {"{size: 5, alpha: 2}", "{size: 4, alpha: 1.5, k: 2}", "{size: 3, alpha: 1, beta: 0.4}",
                                        "{size: 1, alpha: 1}", "{size: 100, alpha: 100}"})
      check_network(before + "- lrn: " + arguments, {3, 4, 5}, 2);
}

TEST_CASE("layer_norm's result and gradients are those of a plain loop, over each pixel's channels") {
  for (const std::string& before : befores)
    for (const std::string norm : {"layer_norm", "layer_norm: {affine: false, eps: 0.01}"}) {
      check_network(before + "- " + norm, {3, 4, 5}, 2);
      check_network(before + "- " + norm, {3, 7, 6}, 1);  // more pixels than are worked on together
    }
}

TEST_CASE("layer_norm of a vector is over its features, whatever format it comes in") {
  check_network("- flatten\n- layer_norm", {3, 4, 5}, 3);
  check_network("- conv: {out_channels: 10, kernel_size: 1}\n- flatten\n- layer_norm\n- linear: {out_features: 4}", {3, 2, 3}, 2);
  check_network("- flatten\n- linear: {out_features: 9}\n- layer_norm\n- layer_norm: {affine: false}\n- linear: {out_features: 4}",
                {3, 2, 3}, 2);
}

TEST_CASE("group_norm's result and gradients are those of a plain loop, also where groups and blocks of channels cross") {
  for (const std::string groups : {"1", "3", "7", "21"})
    for (const std::string affine : {"true", "false"})
      check_network("- conv: {out_channels: 21, kernel_size: 1}\n- group_norm: {num_groups: " + groups + ", affine: " + affine + "}",
                    {3, 4, 5}, 2);
  check_network("- group_norm: {num_groups: 2}", {4, 3, 3}, 3);
  check_network("- flatten\n- group_norm: {num_groups: 4}", {3, 4, 2}, 3);
}

TEST_CASE("a norm's input is not overwritten by what follows it") {
  check_network(
      "- conv: {out_channels: 8, kernel_size: 1}\n- layer_norm\n- relu\n- group_norm: {num_groups: 4}\n- relu\n- lrn: {size: 3}\n- relu",
      {3, 4, 4}, 2);
}

}  // namespace
}  // namespace cnnctl
