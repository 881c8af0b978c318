#include "engine/graph/glob.h"

#include <doctest/doctest.h>

namespace cnnctl {
namespace {

TEST_CASE("globs match whole names") {
  CHECK(glob_matches("fc.weight", "fc.weight"));
  CHECK(glob_matches("*", ""));
  CHECK(glob_matches("*.bias", "layer1.0.bias"));
  CHECK(glob_matches("layer?.*.w*t", "layer4.1.conv1.weight"));
  CHECK(glob_matches("*a*b*", "xxaxxabx"));
  CHECK_FALSE(glob_matches("fc", "fc.weight"));
  CHECK_FALSE(glob_matches("fc.?", "fc."));
  CHECK_FALSE(glob_matches("*.bias", "layer1.bias.x"));
  CHECK_FALSE(glob_matches("", "a"));
}

}  // namespace
}  // namespace cnnctl
