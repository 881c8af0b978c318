#include <doctest/doctest.h>

#include "engine/schema/schema.h"
#include "tests/schema/support.h"

using namespace cnnctl;

namespace {

using Messages = std::vector<std::string>;

struct ConvArguments {
  std::int64_t out_channels = 0;
  Size kernel_size = {1, 1};
  Padding padding;
  bool bias = true;
};

const Schema<ConvArguments>& schema() {
  static const auto conv = Schema<ConvArguments>("conv", "2D convolution.", "torch.nn.Conv2d")
                               .required("out_channels", &ConvArguments::out_channels, "number of output channels", at_least(1))
                               .required("kernel_size", &ConvArguments::kernel_size, "size of the window", at_least(1))
                               .optional("padding", &ConvArguments::padding, "zeros around the input", at_least(0))
                               .optional("bias", &ConvArguments::bias, "whether to add a bias");
  return conv;
}

/// The mistakes in the arguments `text`.
Messages mistakes(const std::string& text) {
  Diagnostics diagnostics;
  const Value arguments = yaml(text);
  CHECK_FALSE(schema().read(arguments, arguments.place, diagnostics));
  return messages(diagnostics);
}

}  // namespace

TEST_CASE("arguments are read into the struct, and what is not written keeps its default") {
  Diagnostics diagnostics;
  const auto read = schema().read(yaml("{out_channels: 16, kernel_size: [3, 5], padding: same}"), {}, diagnostics);
  REQUIRE(read);
  CHECK(read->out_channels == 16);
  CHECK(read->kernel_size == Size{3, 5});
  CHECK(read->padding == Padding{true, {}});
  CHECK(read->bias);
}

TEST_CASE("a declaration holds types, ranges and defaults of a default-constructed struct") {
  const std::vector<Argument>& arguments = schema().declaration().arguments;
  REQUIRE(arguments.size() == 4);
  CHECK(arguments[0].type == "integer");
  CHECK(arguments[0].required);
  CHECK(arguments[0].default_text == "");
  CHECK(arguments[0].owner == "conv");
  CHECK(arguments[2].type == "padding");
  CHECK(arguments[2].default_text == "0");
  CHECK(arguments[3].default_text == "true");
}

TEST_CASE("an unknown argument is an error with a suggestion, and does not count as missing besides") {
  CHECK(mistakes("{out_channels: 16, kernal_size: 5}") == Messages{"unknown argument 'kernal_size' for conv; did you mean 'kernel_size'?"});
}

TEST_CASE("an unknown argument that is near none lists the known ones") {
  CHECK(mistakes("{out_channels: 16, kernel_size: 5, momentum: 1}") ==
        Messages{"unknown argument 'momentum' for conv [known are out_channels, kernel_size, padding, bias]"});
}

TEST_CASE("a missing argument is an error that says what it is") {
  CHECK(mistakes("{kernel_size: 5}") == Messages{"conv needs out_channels (number of output channels)"});
  CHECK(mistakes("") == Messages{"conv needs out_channels (number of output channels)", "conv needs kernel_size (size of the window)"});
}

TEST_CASE("all mistakes in the arguments are found at once, in the order of the file") {
  CHECK(mistakes("{bias: 3, out_channels: 0, kernel_size: abc, x: 1}") ==
        Messages{"bias of conv must be true or false, not 3", "out_channels of conv must be at least 1, not 0",
                 "kernel_size of conv must be an integer or [height, width], not 'abc'",
                 "unknown argument 'x' for conv [known are out_channels, kernel_size, padding, bias]"});
}

TEST_CASE("arguments that are no map are an error") {
  CHECK(mistakes("5") == Messages{"the arguments of conv must be a map, not 5 [write conv: {argument: value}]"});
  CHECK(mistakes("[5]") == Messages{"the arguments of conv must be a map, not a list [write conv: {argument: value}]"});
}

TEST_CASE("a thing without arguments says so when it gets some") {
  struct Nothing {};
  Diagnostics diagnostics;
  CHECK_FALSE(Schema<Nothing>("relu", "max(x, 0).").read(yaml("{slope: 1}"), {}, diagnostics));
  CHECK(messages(diagnostics) == Messages{"unknown argument 'slope' for relu [relu takes none]"});
}

TEST_CASE("unknown keys of a section are reported where they stand") {
  Diagnostics diagnostics;
  report_unknown_keys(yaml("seed: 1\nepoch: 3\n"), {"epochs", "seed"}, "train", diagnostics);
  REQUIRE(diagnostics.sorted().size() == 1);
  CHECK(messages(diagnostics)[0] == "unknown key 'epoch' for train; did you mean 'epochs'?");
  CHECK(to_string(diagnostics.sorted()[0].place) == "net.yaml:2:1");
}
