#include <doctest/doctest.h>

#include "../check.h"

namespace cnnctl {
namespace {

TEST_CASE("every activation's result and gradient are those of a plain loop, on maps and vectors") {
  for (const std::string activation : {"relu", "sigmoid", "tanh", "elu", "elu: {alpha: 0.5}", "elu: {alpha: -0.5}", "leaky_relu",
                                       "leaky_relu: {negative_slope: 0.3}", "leaky_relu: {negative_slope: -0.3}"}) {
    check_network("- " + activation, {3, 4, 5}, 2);
    check_network("- conv: {out_channels: 12, kernel_size: 3}\n- " + activation, {3, 5, 6}, 2);
    check_network("- flatten\n- linear: {out_features: 7}\n- " + activation, {3, 2, 2}, 3);
  }
}

TEST_CASE("activations one after another do not spoil what a backward pass reads") {
  check_network("- conv: {out_channels: 8, kernel_size: 1}\n- sigmoid\n- tanh\n- relu\n- elu", {4, 3, 3}, 2);
}

TEST_CASE("linear's result and gradients are those of a plain loop, whatever format its input has") {
  check_network("- flatten\n- linear: {out_features: 10}", {3, 4, 5}, 4);
  check_network("- flatten\n- linear: {out_features: 6, bias: false}", {1, 1, 9}, 1);
  check_network("- conv: {out_channels: 16, kernel_size: 3}\n- flatten\n- linear: {out_features: 10}\n- relu\n- linear: {out_features: 3}",
                {2, 6, 6}, 3);
  check_network("- conv: {out_channels: 10, kernel_size: 3}\n- flatten\n- linear: {out_features: 5}", {2, 6, 6}, 3);
}

TEST_CASE("softmax is over the channels, of each pixel on a map") {
  check_network("- softmax", {5, 2, 3}, 2);
  check_network("- conv: {out_channels: 10, kernel_size: 1}\n- softmax", {4, 3, 3}, 2);
  check_network("- conv: {out_channels: 8, kernel_size: 1}\n- flatten\n- softmax", {4, 2, 2}, 2);
  check_network("- flatten\n- linear: {out_features: 6}\n- softmax", {2, 2, 2}, 3);
}

TEST_CASE("a flattened map comes out in PyTorch's order") {
  check_network("- conv: {out_channels: 16, kernel_size: 1}\n- flatten", {3, 3, 4}, 2);
}

TEST_CASE("a network of nothing gives its input") { check_network("- identity\n- flatten", {3, 3, 4}, 2); }

}  // namespace
}  // namespace cnnctl
