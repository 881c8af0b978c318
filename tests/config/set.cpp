#include "engine/config/set.h"

#include <doctest/doctest.h>

#include "tests/config/support.h"

using namespace cnnctl;

namespace {

using Mistakes = std::vector<std::string>;

constexpr const char* config = R"(
name: net
input: [1, 28, 28]
vars: {widths: {small: {a: 1}}}
model:
  - layer1:
      - conv: {out_channels: 16}
      - relu
  - - conv: {out_channels: 8}
  - group: {name: tail, layers: [flatten, {linear: {name: hidden, out_features: 5}}]}
  - conv
  - residual: {name: block, body: [relu, {conv: {out_channels: 4}}]}
  - linear: {name: fc, out_features: 10}
data:
  dataset: {mnist: {root: data/mnist}}
  normalize: {mean: [0.5]}
train:
  epochs: 5
  optimizer: {adam: {lr: 0.001}}
  schedule: constant
)";

/// What stands at `path` after the assignment, as YAML on one line. Path parts are keys and indices, literally.
std::string after(const std::string& assignment, const std::vector<std::string>& path) {
  Parsed parsed(config);
  apply_set(parsed.value, assignment, parsed.diagnostics);
  CHECK(mistakes_in(parsed.diagnostics) == Mistakes{});
  const Value* value = &parsed.value;
  for (const std::string& part : path) {
    value = value->is_list() ? &value->items.at(std::stoul(part)) : value->find(part);
    REQUIRE(value != nullptr);
  }
  return to_yaml_inline(*value);
}

/// The mistakes of an assignment, which must leave the config as it was.
std::vector<Diagnostic> failed(const std::string& assignment) {
  Parsed parsed(config);
  apply_set(parsed.value, assignment, parsed.diagnostics);
  CHECK(to_yaml(parsed.value) == to_yaml(Parsed(config).value));
  return parsed.diagnostics.sorted();
}

/// "line:column: message" of the only mistake, and its hint.
std::pair<std::string, std::string> mistake(const std::string& assignment) {
  const std::vector<Diagnostic> found = failed(assignment);
  REQUIRE(found.size() == 1);
  return {to_string(found[0].place) + ": " + found[0].message, found[0].hint};
}

}  // namespace

TEST_CASE("a key of a map is replaced or made, its value read as YAML") {
  CHECK(after("train.epochs=1", {"train", "epochs"}) == "1");
  CHECK(after(" train . epochs = 1", {"train", "epochs"}) == "1");
  CHECK(after("train.seed=7", {"train", "seed"}) == "7");
  CHECK(after("data.shuffle=false", {"data", "shuffle"}) == "false");
  CHECK(after("train.optimizer={sgd: {lr: 0.1}}", {"train", "optimizer"}) == "{sgd: {lr: 0.1}}");
  CHECK(after("train.optimizer=sgd", {"train", "optimizer"}) == "sgd");
  CHECK(after("name=\"5\"", {"name"}) == "\"5\"");
  CHECK(after("name=a=b", {"name"}) == "a=b");
  CHECK(after("data.normalize=", {"data", "normalize"}) == "~");
  CHECK(after("export.onnx.opset=17", {"export"}) == "{onnx: {opset: 17}}");
  CHECK(after("data.normalize.std=[0.1]", {"data", "normalize"}) == "{mean: [0.5], std: [0.1]}");
  CHECK(after("vars.widths.large.a=2", {"vars", "widths"}) == "{small: {a: 1}, large: {a: 2}}");
}

TEST_CASE("an item of settings is entered with its type or without") {
  CHECK(after("train.optimizer.adam.lr=0.1", {"train", "optimizer"}) == "{adam: {lr: 0.1}}");
  CHECK(after("train.optimizer.lr=0.1", {"train", "optimizer"}) == "{adam: {lr: 0.1}}");
  CHECK(after("train.optimizer.betas=[0.8, 0.9]", {"train", "optimizer"}) == "{adam: {lr: 0.001, betas: [0.8, 0.9]}}");
  CHECK(after("data.dataset.mnist.root=elsewhere", {"data", "dataset"}) == "{mnist: {root: elsewhere}}");
  CHECK(after("train.optimizer.adam={eps: 1}", {"train", "optimizer"}) == "{adam: {eps: 1}}");
  CHECK(after("train.schedule.warmup=5 epochs", {"train", "schedule"}) == "{constant: {warmup: 5 epochs}}");
  CHECK(after("train.schedule.constant.warmup=3", {"train", "schedule"}) == "{constant: {warmup: 3}}");
}

TEST_CASE("an item of a list is reached by index or by name") {
  CHECK(after("input.0=3", {"input"}) == "[3, 28, 28]");
  CHECK(after("model.fc.out_features=5", {"model", "5"}) == "{linear: {name: fc, out_features: 5}}");
  CHECK(after("model.5.out_features=5", {"model", "5"}) == "{linear: {name: fc, out_features: 5}}");
  CHECK(after("model.fc.linear.bias=false", {"model", "5"}) == "{linear: {name: fc, out_features: 10, bias: false}}");
  CHECK(after("model.fc=flatten", {"model", "5"}) == "flatten");
}

TEST_CASE("an item that is a type alone gets arguments") {
  CHECK(after("model.3.bias=false", {"model", "3"}) == "{conv: {bias: false}}");
  CHECK(after("model.3.conv.bias=false", {"model", "3"}) == "{conv: {bias: false}}");
  CHECK(after("model.3.conv={bias: false}", {"model", "3"}) == "{conv: {bias: false}}");
}

TEST_CASE("groups of every form are entered") {
  CHECK(after("model.layer1.0.kernel_size=3", {"model", "0", "layer1", "0"}) == "{conv: {out_channels: 16, kernel_size: 3}}");
  CHECK(after("model.0.0.kernel_size=3", {"model", "0", "layer1", "0"}) == "{conv: {out_channels: 16, kernel_size: 3}}");
  CHECK(after("model.0.layer1.0.conv.kernel_size=3", {"model", "0", "layer1", "0"}) == "{conv: {out_channels: 16, kernel_size: 3}}");
  CHECK(after("model.1.0.kernel_size=3", {"model", "1", "0"}) == "{conv: {out_channels: 8, kernel_size: 3}}");
  CHECK(after("model.tail.hidden.out_features=6", {"model", "2", "group", "layers", "1", "linear", "out_features"}) == "6");
  CHECK(after("model.tail.layers.1.out_features=6", {"model", "2", "group", "layers", "1", "linear", "out_features"}) == "6");
  CHECK(after("model.tail.repeat=2", {"model", "2", "group", "repeat"}) == "2");
  CHECK(after("model.block.body.1.out_channels=6", {"model", "4", "residual", "body", "1", "conv", "out_channels"}) == "6");
  CHECK(after("model.layer1.1={elu: {alpha: 2}}", {"model", "0", "layer1", "1"}) == "{elu: {alpha: 2}}");
}

TEST_CASE("a group and an item in it may bear the same name") {
  Parsed parsed("model: [{fc: [{linear: {name: fc, out_features: 1}}]}]");
  apply_set(parsed.value, "model.fc.fc.out_features=2", parsed.diagnostics);
  CHECK(mistakes_in(parsed.diagnostics) == Mistakes{});
  CHECK(to_yaml_inline(parsed.value) == "{model: [{fc: [{linear: {name: fc, out_features: 2}}]}]}");
}

TEST_CASE("an empty config and an empty section become maps") {
  Parsed parsed("");
  apply_set(parsed.value, "train.epochs=1", parsed.diagnostics);
  apply_set(parsed.value, "train.optimizer.adam.lr=1", parsed.diagnostics);
  CHECK(to_yaml_inline(parsed.value) == "{train: {epochs: 1, optimizer: {adam: {lr: 1}}}}");
  Parsed empty_section("train:\n");
  apply_set(empty_section.value, "train.epochs=1", empty_section.diagnostics);
  CHECK(to_yaml_inline(empty_section.value) == "{train: {epochs: 1}}");
}

TEST_CASE("what is set has its place in the assignment") {
  Parsed parsed(config);
  apply_set(parsed.value, "train.epoch=[1, x]", parsed.diagnostics);
  const Entry& entry = parsed.value.find("train")->entries.back();
  CHECK(entry.key == "epoch");
  CHECK(to_string(entry.key_place) == "--set:1:7");
  CHECK(text_of(entry.key_place) == "epoch");
  CHECK(text_of(entry.value.items[1].place) == "x");
  CHECK(to_string(entry.value.items[1].place) == "--set:1:17");
}

TEST_CASE("train.groups holds patterns, of which one more joins the one that is there") {
  Parsed parsed("train: {groups: {fc: {lr: 0.1}}}");
  apply_set(parsed.value, "train.groups.bias.lr=0.2", parsed.diagnostics);
  CHECK(mistakes_in(parsed.diagnostics) == Mistakes{});
  CHECK(to_yaml_inline(*parsed.value.find("train")) == "{groups: {fc: {lr: 0.1}, bias: {lr: 0.2}}}");
}

TEST_CASE("naming another type than the one that stands there says how to replace it") {
  CHECK(mistake("train.optimizer.sgd.lr=0.1") ==
        std::pair<std::string, std::string>("--set:1:17: train.optimizer is adam, not sgd",
                                            "to replace it, write --set 'train.optimizer={sgd: {lr: 0.1}}'"));
  CHECK(mistake("train.schedule.step={gamma: 0.1}") ==
        std::pair<std::string, std::string>("--set:1:16: train.schedule is constant, not step",
                                            "to replace it, write --set 'train.schedule={step: {gamma: 0.1}}'"));
  CHECK(mistake("model.3.batch_norm.eps=1").first == "--set:1:9: model.3 is conv, not batch_norm");
}

TEST_CASE("an item that a list does not have is an error that lists what is there") {
  CHECK(mistake("model.fcc.out_features=5") == std::pair<std::string, std::string>("--set:1:7: model has no item 'fcc'; did you mean 'fc'?",
                                                                                   "its items are layer1, 1, tail, 3 (conv), block, fc"));
  CHECK(mistake("model.6.out_features=5").first == "--set:1:7: model has no item '6'");
  CHECK(mistake("model.99999999999999999999=5").first == "--set:1:7: model has no item '99999999999999999999'");
  CHECK(mistake("model.layer1.x.y=5").first == "--set:1:14: model.layer1 has no item 'x'");
  CHECK(mistake("model.layer1.x.y=5").second == "its items are 0 (conv), 1 (relu)");
  CHECK(mistake("model.-1=5").first == "--set:1:7: model has no item '-1'");
}

TEST_CASE("a long list is not listed whole") {
  Parsed parsed("model: [" + std::string(100, 'x').replace(0, 100, []() {
    std::string items = "relu";
    for (int i = 1; i < 100; ++i) items += ", relu";
    return items;
  }()) + "]");
  apply_set(parsed.value, "model.fc=1", parsed.diagnostics);
  const std::string hint = parsed.diagnostics.sorted().at(0).hint;
  CHECK(hint.ends_with("19 (relu) and 80 more"));
}

TEST_CASE("a name that several items bear asks for an index") {
  Parsed parsed("model: [{linear: {name: fc, when: $a}}, {linear: {name: fc, when: $b}}]");
  apply_set(parsed.value, "model.fc.out_features=5", parsed.diagnostics);
  REQUIRE(parsed.diagnostics.has_errors());
  CHECK(parsed.diagnostics.sorted()[0].message == "2 items of model are called 'fc'");
  CHECK(parsed.diagnostics.sorted()[0].hint == "take one by its index: 0, 1");
}

TEST_CASE("what has nothing inside cannot be entered") {
  CHECK(mistake("train.epochs.x=1").first == "--set:1:14: train.epochs is 5, which has nothing inside");
  CHECK(mistake("name.x=1").first == "--set:1:6: name is 'net', which has nothing inside");
  CHECK(mistake("input.0.x=1").first == "--set:1:9: input.0 is 1, which has nothing inside");
}

TEST_CASE("a malformed assignment is an error with an example") {
  const std::string example = "write a dotted path and a value, as in --set train.epochs=1";
  CHECK(mistake("epochs") == std::pair<std::string, std::string>("--set:1:1: --set takes KEY=VALUE, but there is no '='", example));
  CHECK(mistake("").first == "--set:1:1: --set takes KEY=VALUE, but there is no '='");
  CHECK(mistake("=3") == std::pair<std::string, std::string>("--set:1:1: --set has no key", example));
  CHECK(mistake("a..b=1") == std::pair<std::string, std::string>("--set:1:3: a part of the key is empty", example));
  CHECK(mistake(".a=1").first == "--set:1:1: a part of the key is empty");
  CHECK(mistake("a.=1").first == "--set:1:3: a part of the key is empty");
  CHECK(mistake("\xff=1").first == "--set:1:1: a byte that is no printable UTF-8 in the key");
}

TEST_CASE("a value that is no YAML is an error in the assignment") {
  CHECK(mistake("train.optimizer={sgd: {lr: 0.1}").first.starts_with("--set:1:32: YAML syntax: a '{' is never closed"));
  CHECK(mistake("a={b: 1, b: 2}").first == "--set:1:10: key 'b' is written twice");
  CHECK(mistake("a=\xff").first == "--set:1:3: the byte 0xff is not UTF-8");
}

TEST_CASE("a path longer than any config is deep is an error") {
  std::string path = "a";
  for (int i = 0; i < 100000; ++i) path += ".a";
  CHECK(mistake(path + "=1").first == "--set:1:1: a key of more than 100 parts");
}
