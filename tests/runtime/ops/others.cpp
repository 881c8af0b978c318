#include <doctest/doctest.h>

#include "../check.h"

namespace cnnctl {
namespace {

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
