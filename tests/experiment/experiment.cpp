#include "engine/experiment/experiment.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/config/parse.h"
#include "engine/experiment/shipped.h"
#include "tests/experiment/tables.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

const std::string network =
    "input: [1, 4, 4]\n"
    "model:\n"
    "  - flatten\n"
    "  - linear: {name: fc, out_features: 10}\n";

Experiment parse(const std::string& text, const std::vector<std::string>& sets = {}) {
  Diagnostics warnings;
  return parse_experiment("nets/small net.yaml", text, sets, test_tables(), warnings);
}

/// The message of the ConfigError that `call` throws.
template <class Call>
std::string config_error(Call&& call) {
  try {
    call();
  } catch (const ConfigError& error) {
    return error.what();
  }
  FAIL_CHECK("no ConfigError");
  return "";
}

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

}  // namespace

TEST_CASE("a network alone is an experiment, with the defaults of everything else") {
  const Experiment experiment = parse(network);
  CHECK(experiment.graph.output_shape() == Shape{10, 1, 1, true});
  CHECK(experiment.data.dataset.type.empty());
  CHECK(experiment.data.shuffle);
  CHECK_FALSE(experiment.data.normalize);
  CHECK(experiment.train.epochs == 1);
  CHECK(experiment.train.batch_size == 32);
  CHECK(experiment.train.seed == 1);
  CHECK(experiment.train.log_every == 100);
  CHECK_FALSE(experiment.train.drop_last);
  CHECK(experiment.train.precision == "f32");
  CHECK(experiment.train.device == "auto");
  CHECK_FALSE(experiment.train.deterministic);
  CHECK(experiment.train.tune);
  CHECK_FALSE(experiment.train.recompute);
  CHECK(experiment.train.checkpoint_every == Interval{1, Interval::Unit::epochs});
  CHECK(experiment.train.loss.type == "cross_entropy");
  CHECK(experiment.train.optimizer.type == "adam");
  CHECK(experiment.train.schedule.type == "constant");
}

TEST_CASE("every key of data and train arrives where it belongs") {
  const Experiment experiment = parse(
      "name: net-1.b\n" + network +
      "data: {dataset: {mnist: {root: there}}, shuffle: false, normalize: {mean: [0.5], std: [0.25]}}\n"
      "train: {epochs: 7, batch_size: 8, seed: 9, log_every: 10, drop_last: true, loss: {cross_entropy: {}}, optimizer: {sgd: {lr: 0.1}},\n"
      "        schedule: constant, precision: f32, device: cpu, deterministic: true, tune: false, recompute: true,\n"
      "        checkpoint_every: 3 epochs}\n");
  CHECK(experiment.name == "net-1.b");
  CHECK(experiment.graph.name == "net-1.b");
  CHECK(experiment.data.dataset.type == "mnist");
  CHECK(experiment.data.dataset.arguments.find("root")->text == "there");
  CHECK_FALSE(experiment.data.shuffle);
  REQUIRE(experiment.data.normalize);
  CHECK(experiment.data.normalize->mean == std::vector<double>{0.5});
  CHECK(experiment.data.normalize->standard_deviation == std::vector<double>{0.25});
  CHECK(experiment.train.epochs == 7);
  CHECK(experiment.train.batch_size == 8);
  CHECK(experiment.train.seed == 9);
  CHECK(experiment.train.log_every == 10);
  CHECK(experiment.train.drop_last);
  CHECK(experiment.train.optimizer.type == "sgd");
  CHECK(experiment.train.device == "cpu");
  CHECK(experiment.train.deterministic);
  CHECK_FALSE(experiment.train.tune);
  CHECK(experiment.train.recompute);
  CHECK(experiment.train.checkpoint_every == Interval{3, Interval::Unit::epochs});
}

TEST_CASE("the keys of a recipe arrive where they belong") {
  const TrainSpec train = parse(network +
                                "train: {accumulate: 4, clip_grad_norm: 1.5, clip_grad_value: 0.5, ema: 0.99, no_decay: [norms, biases],\n"
                                "        early_stopping: {patience: 3, min_delta: 0.01, monitor: loss}, freeze: fc.bias,\n"
                                "        groups: {'fc.w*': {lr: 0.1}, '*': {weight_decay: 0}}}\n")
                              .train;
  CHECK(train.accumulate == 4);
  CHECK(train.clip_grad_norm == 1.5);
  CHECK(train.clip_grad_value == 0.5);
  CHECK(train.ema == 0.99);
  CHECK(train.no_decay == std::vector<std::string>{"norms", "biases"});
  REQUIRE(train.early_stopping);
  CHECK(train.early_stopping->patience == 3);
  CHECK(train.early_stopping->min_delta == 0.01);
  CHECK(train.early_stopping->monitor == "loss");
  REQUIRE(train.freeze.size() == 1);
  CHECK(train.freeze[0].glob == "fc.bias");
  REQUIRE(train.groups.size() == 2);
  CHECK(train.groups[0].pattern.glob == "fc.w*");
  CHECK(train.groups[0].lr == 0.1);
  CHECK_FALSE(train.groups[0].weight_decay);
  CHECK(train.groups[1].weight_decay == 0);
}

TEST_CASE("freeze takes effect on the network") {
  const Graph graph = parse(network + "train: {freeze: ['*.weight']}\n").graph;
  CHECK(graph.parameters[0].frozen);
  CHECK(graph.parameters[1].trainable);
}

TEST_CASE("by default a recipe does nothing") {
  const TrainSpec train = parse(network + "train: {ema: none, clip_grad_norm: none, early_stopping: none, freeze: [], groups: {}}\n").train;
  CHECK(train.accumulate == 1);
  CHECK_FALSE(train.clip_grad_norm);
  CHECK_FALSE(train.clip_grad_value);
  CHECK_FALSE(train.ema);
  CHECK_FALSE(train.early_stopping);
  CHECK(train.no_decay.empty());
  CHECK(train.freeze.empty());
  CHECK(train.groups.empty());
}

TEST_CASE("normalize: none means no normalization") {
  CHECK_FALSE(parse(network + "data: {dataset: mnist, normalize: none}\n").data.normalize);
}

TEST_CASE("vars work in data and train") {
  const Experiment experiment = parse("vars: {n: 4, data: {digits: {train: 7}}, opt: sgd}\n" + network +
                                      "data: {dataset: $data}\ntrain: {epochs: $n, optimizer: {$opt: {lr: 1}}}\n");
  CHECK(experiment.data.dataset.type == "digits");
  CHECK(experiment.train.epochs == 4);
  CHECK(experiment.train.optimizer.type == "sgd");
}

TEST_CASE("JSON is a config too") {
  CHECK(parse(R"({"input": [1, 4, 4], "model": ["flatten", {"linear": {"out_features": 10}}], "train": {"epochs": 2}})").train.epochs == 2);
}

TEST_CASE("the name defaults to the file's, made fit for a folder") { CHECK(parse(network).name == "small_net"); }

TEST_CASE("a name that could leave its folder is an error") {
  for (const char* name : {"../up", "/root", "'a b'", ".hidden", "..", "''", "[a]", "a/b", "~"}) {
    CAPTURE(name);
    CHECK_FALSE(config_error([&] { parse("name: " + std::string(name) + "\n" + network); }).empty());
  }
}

TEST_CASE("what is set wins over the file and the text says so") {
  const Experiment experiment =
      parse(network + "train: {epochs: 7}\n", {"train.epochs=3", "model.fc.out_features=5", "data.dataset=mnist"});
  CHECK(experiment.train.epochs == 3);
  CHECK(experiment.graph.output_shape().channels == 5);
  CHECK(experiment.data.dataset.type == "mnist");
  const Experiment again = parse(experiment.yaml);
  CHECK(again.train.epochs == 3);
  CHECK(again.graph.output_shape().channels == 5);
  CHECK(again.data.dataset.type == "mnist");
}

TEST_CASE("without --set the text is the file's to the letter, where it has a name") {
  const std::string text = "# a comment\nname: net\n" + network;
  CHECK(parse(text).yaml == text);
  CHECK(parse(network).yaml.starts_with("name: " + parse(network).name + "\n"));
}

TEST_CASE("warnings do not stop anything and reach the caller") {
  Diagnostics warnings;
  parse_experiment("net.yaml", "vars: {a: 1}\n" + network, {}, test_tables(), warnings);
  REQUIRE(warnings.sorted().size() == 1);
  CHECK(warnings.sorted().front().message == "var 'a' is never used");
}

TEST_CASE("with --set only the vars that it has added are warned of, as when a name is mistyped") {
  Diagnostics warnings;
  parse_experiment("net.yaml", "vars: {width: 1, depth: 2}\n" + network, {"vars.width=2", "vars.dept=3"}, test_tables(), warnings);
  REQUIRE(warnings.sorted().size() == 1);
  CHECK(warnings.sorted().front().message == "var 'dept' is never used");
}

TEST_CASE("include cannot be set, since files are read before anything is") {
  CHECK(contains(config_error([] { parse(network, {"include=blocks/resnet.yaml"}); }), "include cannot be set"));
}

TEST_CASE("a softmax in front of a loss that computes one is warned of, where the config trains") {
  const auto warned = [](const std::string& text) {
    Diagnostics warnings;
    parse_experiment("net.yaml", text, {}, test_tables(), warnings);
    return !warnings.sorted().empty() && warnings.sorted().front().message.starts_with("the network ends in softmax");
  };
  CHECK(warned(network + "  - softmax\ntrain: {epochs: 1}\n"));
  CHECK_FALSE(warned(network + "  - softmax\n  - linear: {out_features: 10}\ntrain: {epochs: 1}\n"));
  CHECK_FALSE(warned(network + "  - softmax\n"));
  CHECK_FALSE(warned(network + "train: {epochs: 1}\n"));
}

TEST_CASE("a config is read from its file, and from the binary where there is none of that name") {
  const TemporaryFolder folder;
  write(folder.file("net.yaml"), network);
  Diagnostics warnings;
  CHECK(load_experiment(folder.file("net.yaml"), {}, test_tables(), warnings).name == "net");
  const Experiment shipped = load_experiment("digits", {}, test_tables(), warnings);
  CHECK(shipped.name == "digits");
  CHECK(shipped.yaml == read_source(CNNCTL_SOURCE_DIR "/configs/digits.yaml")->text);
}

TEST_CASE("a config that is nowhere is an error that lists the shipped ones") {
  Diagnostics warnings;
  const std::string message = input_error([&] { load_experiment("digitss", {}, test_tables(), warnings); });
  CHECK(contains(message, "no such config; did you mean 'digits'?"));
  CHECK(contains(message, "mnist_convnet"));
  CHECK(contains(input_error([&] { load_experiment("/", {}, test_tables(), warnings); }), "is a folder"));
}

TEST_CASE("the binary carries every config of configs/") {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(CNNCTL_SOURCE_DIR "/configs"))
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  CHECK(names.size() > 3);
  CHECK(shipped_config_names() == names);
  CHECK(shipped_config("no_such") == nullptr);
}

TEST_CASE("the number of classes must be that of the network's outputs") {
  const Experiment experiment = parse(network + "data: {dataset: mnist}\n");
  CHECK_NOTHROW(check_classes(experiment, 10, "mnist"));
  const std::string message = config_error([&] { check_classes(experiment, 7, "mnist"); });
  CHECK(contains(message, "nets/small net.yaml:5:17: error: the network gives 10 outputs, but mnist has 7 classes"));
  CHECK(contains(message, "set out_features of layer 'fc' to 7"));
}

TEST_CASE("a network that ends in a map gives no classes") {
  const Experiment experiment = parse("input: [1, 4, 4]\nmodel: [relu]\ndata: {dataset: mnist}\n");
  CHECK(contains(config_error([&] { check_classes(experiment, 16, "mnist"); }), "the network gives a map of 1x4x4"));
}

TEST_CASE("the data's images must have the shape of the network's input") {
  const Experiment experiment = parse(network);
  CHECK_NOTHROW(check_image_shape(experiment, {1, 4, 4}, "mnist"));
  const std::string message = config_error([&] { check_image_shape(experiment, {3, 32, 32}, "cifar10"); });
  CHECK(contains(message, "nets/small net.yaml:1:8: error: the network's input is 1x4x4, but the images of cifar10 are 3x32x32"));
  CHECK(contains(message, "write input: [3, 32, 32], or put grayscale into data.transforms"));
}

TEST_CASE("mixup and cutmix are given as a map, or as alpha alone, and none turns them off") {
  const TrainSpec none = parse(network + "train: {mixup: none}\n").train;
  CHECK_FALSE(none.mixup);
  CHECK_FALSE(none.cutmix);
  const TrainSpec both = parse(network + "train: {mixup: {alpha: 0.2}, cutmix: {}}\n").train;
  CHECK(both.mixup == 0.2);
  CHECK(both.cutmix == 1.0);
  CHECK(parse(network + "train: {cutmix: 0.5}\n").train.cutmix == 0.5);
  CHECK(parse(network + "train: {cutmix: 0.5}\n", {"train.cutmix={alpha: 2}", "train.mixup=0.3"}).train.mixup == 0.3);
}

TEST_CASE("the declarations of data and train name every key with its default") {
  CHECK(data_declaration().arguments.size() == 8);
  CHECK(train_declaration().arguments.size() == 24);
  for (const Argument& argument : train_declaration().arguments) {
    CAPTURE(argument.name);
    CHECK_FALSE(argument.default_text.empty());
    CHECK_FALSE(argument.help.empty());
  }
}

}  // namespace cnnctl
