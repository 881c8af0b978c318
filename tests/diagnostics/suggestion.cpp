#include "engine/diagnostics/suggestion.h"

#include <doctest/doctest.h>

using cnnctl::did_you_mean;
using cnnctl::listed;
using cnnctl::suggestion;

namespace {

const std::vector<std::string> arguments = {"out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "bias", "lr"};

}  // namespace

TEST_CASE("the nearest candidate is suggested for a mistyped word") {
  CHECK(suggestion("kernal_size", arguments) == "kernel_size");
  CHECK(suggestion("out_chanels", arguments) == "out_channels");
  CHECK(suggestion("Stride", arguments) == "stride");
  CHECK(suggestion("rl", arguments) == "lr");
  CHECK(suggestion("biass", arguments) == "bias");
}

TEST_CASE("nothing is suggested for a word that is near none") {
  CHECK(suggestion("momentum", arguments) == "");
  CHECK(suggestion("x", arguments) == "");
  CHECK(suggestion("", arguments) == "");
  CHECK(suggestion("kernel_size", {}) == "");
  CHECK(suggestion(std::string(1000000, 'k'), arguments) == "");
}

TEST_CASE("the first of equally near candidates is taken") { CHECK(suggestion("bat", {"cat", "hat"}) == "cat"); }

TEST_CASE("a suggestion ends a message as a question") {
  CHECK(did_you_mean("epoch", {"epochs", "seed"}) == "; did you mean 'epochs'?");
  CHECK(did_you_mean("momentum", {"epochs", "seed"}) == "");
}

TEST_CASE("names are listed up to a number, and what is left out is told") {
  CHECK(listed({}) == "");
  CHECK(listed({"a", "b"}, 2) == "a, b");
  CHECK(listed({"a", "b", "c"}, 2) == "a, b and 1 more");
}

TEST_CASE("of very many candidates the first thousand count") {
  std::vector<std::string> candidates(1000, "stem");
  candidates.push_back("layer1");
  CHECK(suggestion("layer2", candidates).empty());
  CHECK(suggestion("sten", candidates) == "stem");
}
