#include <doctest/doctest.h>

#include "../check.h"

namespace cnnctl {
namespace {

const std::string blocked = "- conv: {out_channels: 21, kernel_size: 1}\n";

TEST_CASE("pad's result and gradients are those of a plain loop, in every mode, and its border reaches no further channel") {
  for (const std::string& before : {std::string(), blocked})
    for (const std::string arguments :
         {"{padding: 1, value: 0.5}", "{padding: [2, 1], top: 0, mode: reflect}", "{right: 3, bottom: 1, mode: replicate}"})
      check_network(before + "- pad: " + arguments + "\n- conv: {out_channels: 5, kernel_size: 3}", {3, 4, 5}, 2);
}

TEST_CASE("slice's result and gradients are those of a plain loop, wherever in the blocks of channels it starts") {
  for (const std::string& before : {std::string(), blocked})
    for (const std::string arguments : {"{end: 2}", "{begin: 1}", "{begin: 1, end: 2}"})
      check_network(before + "- slice: " + arguments + "\n- conv: {out_channels: 5, kernel_size: 1}", {3, 4, 5}, 2);
  check_network("- conv: {out_channels: 48, kernel_size: 1}\n- slice: {begin: 16, end: 48}", {3, 2, 3}, 2);
  check_network("- conv: {out_channels: 48, kernel_size: 1}\n- slice: {begin: 7, end: 44}", {3, 2, 3}, 2);
  check_network("- flatten\n- slice: {begin: 5, end: 50}\n- linear: {out_features: 3}", {3, 4, 5}, 2);
}

TEST_CASE("channel_shuffle's result and gradients are those of a plain loop, for any number of channels and groups") {
  check_network("- channel_shuffle: {groups: 2}", {6, 3, 4}, 2);
  for (const std::string groups : {"1", "2", "29", "58"})
    check_network("- conv: {out_channels: 58, kernel_size: 1}\n- channel_shuffle: {groups: " + groups +
                      "}\n- conv: {out_channels: 5, kernel_size: 1}",
                  {3, 3, 4}, 2);
  check_network("- conv: {out_channels: 64, kernel_size: 1}\n- channel_shuffle: {groups: 4}", {3, 3, 4}, 2);
}

TEST_CASE("linear over channels has the result and gradients of a plain loop, at each pixel") {
  check_network("- linear: {out_features: 7, over: channels}", {3, 4, 5}, 2);
  check_network(blocked + "- linear: {out_features: 16, bias: false, over: channels}\n- relu", {3, 4, 5}, 2);
}

}  // namespace
}  // namespace cnnctl
