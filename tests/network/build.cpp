#include "tests/network/build.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <vector>

namespace cnnctl {
namespace {

/// "item, item, item".
std::string repeated(const std::string& item, std::size_t count) {
  return fmt::format("{}", fmt::join(std::vector<std::string>(count, item), ", "));
}

}  // namespace

TEST_CASE("an item without a name is called by its index in its list and a group adds a level") {
  const Built built = build_model(
      "  - layer1: [relu, {batch_norm: {}}]\n"
      "  - [relu, [tanh]]\n"
      "  - flatten\n"
      "  - linear: {name: fc, out_features: 3}\n"
      "  - relu\n");
  CHECK(built.messages().empty());
  CHECK(built.names() == Names{"layer1.0", "layer1.1", "1.0", "1.1.0", "2", "fc", "4"});
  CHECK(built.parameters() ==
        Names{"layer1.1.weight", "layer1.1.bias", "layer1.1.running_mean", "layer1.1.running_var", "fc.weight", "fc.bias"});
}

TEST_CASE("a list as value makes a group even under the name of a layer") {
  const Built built = build_model("  - conv: [relu]\n  - group: [tanh]\n");
  CHECK(built.names() == Names{"conv.0", "group.0"});
  CHECK(built.messages().empty());
}

TEST_CASE("a list behind the word for an item with branches is a group and a warning, since a map was likely meant") {
  const Built built = build_model("  - residual: [relu]\n  - add: [[relu], []]\n");
  CHECK(built.names() == Names{"residual.0", "add.0.0"});
  CHECK(built.messages() == Names{"a list makes this a group called 'residual', whose items follow one another",
                                  "a list makes this a group called 'add', whose items follow one another"});
  CHECK_FALSE(built.diagnostics.has_errors());
}

TEST_CASE("mistakes in an item do not lead to others about its name, or in items behind it") {
  CHECK(build_model("  - conv2d: {name: a}\n  - tanh: {name: b}\n  - add: {from: [a, b]}\n").messages().size() == 1);
  CHECK(build_model("  - conv: {out_chanels: 2, kernel_size: 1}\n  - tanh: {name: \"x${index}\", repeat: 3}\n  - add: {from: [x1, x2]}\n")
            .messages() == Names{"unknown argument 'out_chanels' for conv; did you mean 'out_channels'?"});
  CHECK(build_model("  - relu: {when: yes}\n").messages() == Names{"when must be true or false, not 'yes'"});
}

TEST_CASE("the long form of a group takes name, repeat and when") {
  const Built built = build_model(
      "  - group: {name: stem, layers: [relu]}\n"
      "  - group: {layers: [relu, tanh], repeat: 2}\n"
      "  - group: {name: gone, layers: [relu], when: false}\n"
      "  - sigmoid\n");
  CHECK(built.messages().empty());
  CHECK(built.names() == Names{"stem.0", "1.0", "1.1", "2.0", "2.1", "3"});
}

TEST_CASE("an empty group is the identity") {
  const Built built = build_model("  - a: []\n  - []\n  - relu\n");
  CHECK(built.messages().empty());
  CHECK(built.names() == Names{"2"});
  CHECK(built.graph.output_shape() == Shape{4, 8, 8});
}

TEST_CASE("repeat makes so many items in a row and each takes an index") {
  CHECK(build_model("  - relu: {repeat: 3}\n  - tanh\n").names() == Names{"0", "1", "2", "3"});
}

TEST_CASE("an item repeated 0 times or with when: false is absent and takes no index") {
  CHECK(build_model("  - relu: {repeat: 0}\n  - tanh: {when: false}\n  - sigmoid: {when: true}\n").names() == Names{"0"});
}

TEST_CASE("what an absent item would read is not looked up, since it may be absent as well") {
  CHECK(build_model("  - relu: {name: a}\n  - group: {when: false, layers: [tanh, {add: {from: [a, \"0\"]}}, {elu: {from: a}}]}\n")
            .messages()
            .empty());
  CHECK(build_model("  - relu\n  - add: {from: [gone, lost], when: false}\n").messages().empty());
}

TEST_CASE("the form of an absent item's from is checked") {
  CHECK(build_model("  - relu\n  - tanh: {from: [a, b], when: false}\n").messages() == Names{"tanh has one input, but from lists 2"});
  CHECK(build_model("  - relu\n  - add: {from: [a], when: false}\n").messages() == Names{"add joins two items or more, but from lists 1"});
}

TEST_CASE("the arguments of an absent item are checked") {
  CHECK(build_model("  - relu\n  - conv: {out_channels: many, kernel_size: 3, when: false}\n").messages().size() == 1);
}

TEST_CASE("vars stand for arguments, layer types, names of groups, items and lists of items") {
  const Built built = build(
      "vars: {width: 6, act: tanh, norm: {batch_norm: {}}, tail: [$act, relu], stem: first}\n"
      "input: [4, 8, 8]\n"
      "model:\n"
      "  - conv: {out_channels: $width, kernel_size: 1}\n"
      "  - $act\n"
      "  - $norm\n"
      "  - $tail\n"
      "  - last: $tail\n"
      "  - $act: {name: end}\n");
  CHECK(built.messages().empty());
  CHECK(built.names() == Names{"0", "1", "2", "3", "4", "last.0", "last.1", "end"});
  CHECK(built.graph.layers[1].type == "tanh");
  CHECK(built.graph.output_shape().channels == 6);
}

TEST_CASE("a list of items from a var takes the indices of the list it stands in") {
  CHECK(build("vars: {two: [relu, tanh]}\ninput: [1, 2, 2]\nmodel: [$two, [$two], $two]\n").names() ==
        Names{"0", "1", "2.0", "2.1", "3", "4"});
}

TEST_CASE("a name that is written twice in a list is an error that shows the first") {
  const Built built = build_model("  - relu: {name: act}\n  - tanh: {name: act}\n  - inner: [{relu: {name: act}}]\n");
  REQUIRE(built.diagnostics.sorted().size() == 1);
  const Diagnostic diagnostic = built.diagnostics.sorted().front();
  CHECK(diagnostic.message == "duplicate name 'act' in this list of items");
  CHECK(line_and_column(diagnostic.place.source->text, diagnostic.place.begin).line == 4);
  REQUIRE(diagnostic.notes.size() == 1);
  CHECK(line_and_column(diagnostic.place.source->text, diagnostic.notes[0].place.begin).line == 3);
}

TEST_CASE("a name that equals the index of another item is a duplicate") {
  CHECK(build_model("  - relu: {name: '1'}\n  - tanh\n").messages() == Names{"duplicate name '1' in this list of items"});
}

TEST_CASE("a repeated item with a name is an error, since all would be called the same") {
  CHECK(build_model("  - relu: {name: act, repeat: 2}\n").messages() == Names{"repeat makes 2 items that would all be called 'act'"});
  CHECK(build_model("  - relu: {name: act, repeat: 1}\n").names() == Names{"act"});
}

TEST_CASE("names hold nothing but letters, digits, underscores and hyphens") {
  CHECK(build_model("  - relu: {name: a.b}\n").messages() == Names{"'a.b' cannot be a name"});
  CHECK(build_model("  - layer 1: [relu]\n").messages() == Names{"'layer 1' cannot be a name"});
  CHECK(build_model("  - relu: {name: a_b-C9}\n").messages().empty());
}

TEST_CASE("a shape that does not fit is an error at its layer and later layers are checked without a shape") {
  const Built built = build_model(
      "  - conv: {out_channels: 2, kernel_size: 9}\n"
      "  - linear: {out_features: 3}\n"
      "  - conv: {out_channels: 2, kernel_size: 0}\n");
  REQUIRE(built.messages().size() == 2);
  CHECK(built.messages()[0].find("9x9") != std::string::npos);
  CHECK(built.messages()[0].find("4x8x8") != std::string::npos);
  CHECK(built.messages()[1].find("kernel_size") != std::string::npos);
}

TEST_CASE("a mistyped name, repeat or when gets a suggestion like the layer's own arguments") {
  CHECK(build_model("  - conv: {out_channels: 2, kernel_size: 1, nmae: a}\n").messages() ==
        Names{"unknown argument 'nmae' for conv; did you mean 'name'?"});
  CHECK(build_model("  - conv: {out_channels: 2, kernal_size: 1}\n").messages() ==
        Names{"unknown argument 'kernal_size' for conv; did you mean 'kernel_size'?"});
}

TEST_CASE("sizes that PyTorch's layers are told and ours infer are named as such") {
  CHECK(build_model("  - conv: {in_channels: 4, out_channels: 2, kernel_size: 1}\n  - batch_norm: {num_features: 2}\n").messages() ==
        Names{"conv takes in_channels from its input", "batch_norm takes num_features from its input"});
}

TEST_CASE("an unknown layer gets a suggestion") {
  CHECK(build_model("  - rellu\n").messages() == Names{"unknown layer 'rellu'; did you mean 'relu'?"});
}

TEST_CASE("input must be three sizes between 1 and 65535") {
  for (const char* input : {"[1, 28]", "28", "[0, 1, 1]", "[1, 1, 65536]", "[1, 1, 1.5]", "[1, [2], 3]", "{c: 1}", "[1, '2', 3]"}) {
    CAPTURE(input);
    const Built built = build("input: " + std::string(input) + "\nmodel: [relu]\n");
    CHECK(built.messages().size() == 1);
    CHECK(built.graph.input_shape().channels == 0);
  }
  CHECK(build("input: [1, 1, 65535]\nmodel: [relu]\n").messages().empty());
}

TEST_CASE("an input of more numbers than a map may have is an error at its place") {
  CHECK(build("input: [1, 65535, 65535]\nmodel: [relu]\n").messages() == Names{"1x65535x65535 has more than 2147483647 elements"});
}

TEST_CASE("multiply-accumulates that nobody can count are an error of the model") {
  const std::string conv = "{conv: {out_channels: 1, kernel_size: 45999, padding: same}}";
  const Names messages = build("input: [1, 46000, 46000]\nmodel: [" + repeated(conv, 3) + "]\n").messages();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].starts_with("the network's multiply-accumulates are too many to count: "));
}

TEST_CASE("a missing input and a missing model are both reported") {
  CHECK(build("vars: {}\n").messages() == Names{"'input' is missing: the size of an image", "'model' is missing: the list of layers"});
}

TEST_CASE("a model that is empty or no list is an error") {
  CHECK(build("input: [1, 2, 2]\nmodel: []\n").messages() == Names{"the model has no layers"});
  CHECK(build("input: [1, 2, 2]\nmodel: [[], {a: []}]\n").messages() == Names{"the model has no layers"});
  CHECK(build("input: [1, 2, 2]\nmodel: {relu: {}}\n").messages().size() == 1);
  CHECK(build("input: [1, 2, 2]\nmodel: 5\n").messages().size() == 1);
}

TEST_CASE("a network beyond the largest size is refused at once, whatever makes it large") {
  const Names too_large = {"the network has more than 20000 layers, groups and branches"};
  CHECK(build_model("  - group: {repeat: 200, layers: [{relu: {repeat: 200}}]}\n").messages() == too_large);
  CHECK(build_model("  - group: {repeat: 20000, layers: [{group: {repeat: 20000, layers: []}}]}\n").messages() == too_large);
  CHECK(build_model("  - add: {repeat: 15000, branches: [" + repeated("[]", 5000) + "]}\n").messages() == too_large);
  const std::string sum = "add: {from: [" + repeated("input", 5000) + "]}";
  CHECK(build_model("  - group: {repeat: 10000, layers: [{" + sum + "}]}\n").messages() == too_large);
  CHECK(build_model("  - relu: {repeat: 1000000000}\n").messages().size() == 1);
  CHECK(build_model("  - conv: {repeat: 20000, out_channels: 9000000000000000000, kernel_size: 1}\n").messages().size() == 1);
}

TEST_CASE("vars that hold nothing a hundred thousand times over are refused too") {
  std::string yaml = "vars:\n  a0: []\n";
  for (int i = 1; i <= 5; ++i) {
    yaml += fmt::format("  a{}: [{}]\n", i, repeated(fmt::format("$a{}", i - 1), 10));
  }
  CHECK(build(yaml + "input: [1, 2, 2]\nmodel: [$a5, relu]\n").messages() ==
        Names{"the network has more than 20000 layers, groups and branches"});
}

TEST_CASE("mistakes come in the order of the file") {
  const Built built = build("model:\n  - rellu\n  - conv: {}\ninput: [1]\n");
  REQUIRE(built.messages().size() >= 3);
  CHECK(built.messages().front() == "unknown layer 'rellu'; did you mean 'relu'?");
  CHECK(built.messages().back() == "input must be a list of three numbers");
}

}  // namespace cnnctl
