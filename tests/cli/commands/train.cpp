#include <doctest/doctest.h>

#include <filesystem>
#include <memory>
#include <regex>

#include <nlohmann/json.hpp>

#include "engine/formats/npy.h"
#include "engine/formats/pytorch.h"
#include "engine/formats/safetensors.h"
#include "tests/cli/process.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

namespace fs = std::filesystem;

const std::regex step_line(R"(Epoch \[[12]/2\], Step \[[1-5]/5\], Loss: \d+\.\d{4})");
const std::string digits = std::string(CNNCTL_SOURCE_DIR) + "/configs/digits.yaml";
const std::regex accuracy(R"(Test Accuracy of the model on the 50 test images: \d+\.\d\d %)");

/// Trains with one thread, which other programs cannot slow down much, and returns the accuracy in percent.
double trained_accuracy(std::vector<std::string> arguments) {
  const TemporaryFolder folder;
  arguments.insert(arguments.begin(), {"train", "--threads", "1", "--quiet"});
  const Result result = run_program(folder.path(), arguments);
  INFO(result.err);
  REQUIRE(result.status == 0);
  const std::string line = lines(result.out).back();
  return std::stod(line.substr(line.find(':') + 1));
}

}  // namespace

TEST_CASE("train prints a line a step and ends in the accuracy line, and nothing else, on standard output") {
  const TemporaryFolder folder;
  const Result result = train_tiny(folder.path());
  INFO(result.err);
  REQUIRE(result.status == 0);
  const auto printed = lines(result.out);
  REQUIRE(printed.size() == 11);
  for (std::size_t i = 0; i < 10; ++i) CHECK(std::regex_match(printed[i], step_line));
  CHECK(printed[0].starts_with("Epoch [1/2], Step [1/5], Loss: "));
  CHECK(printed[9].starts_with("Epoch [2/2], Step [5/5], Loss: "));
  CHECK(std::regex_match(printed[10], accuracy));
}

TEST_CASE("train prints every train.log_every steps and at each epoch's last step") {
  const TemporaryFolder folder;
  const Result result = train_tiny(folder.path(), {"--set", "train.log_every=2"});
  const auto printed = lines(result.out);
  REQUIRE(printed.size() == 7);
  for (std::size_t i = 0; i < 6; ++i) {
    CAPTURE(printed[i]);
    const std::vector<std::string> steps = {"Step [2/5]", "Step [4/5]", "Step [5/5]"};
    CHECK(contains(printed[i], steps[i % 3]));
  }
}

TEST_CASE("train tells the device, the network and the data on standard error, and with --quiet nothing") {
  const TemporaryFolder folder;
  const std::string told = train_tiny(folder.path()).err;
  CHECK(contains(told, "device: cpu, 1 threads, oneDNN "));
  CHECK(contains(told, "parameters"));
  CHECK(contains(told, "100 training images, 50 test images"));
  CHECK_FALSE(contains(told, "images/s  "));  // the progress bar is for terminals
  const Result quiet = train_tiny(folder.path(), {"--quiet"});
  CHECK(quiet.err.empty());
  CHECK(lines(quiet.out).size() == 11);
}

TEST_CASE("a run's folder holds the config, the log, the metrics and two checkpoints") {
  const TemporaryFolder folder;
  const Result result = train_tiny(folder.path());
  const fs::path run = folder.path() / "runs" / "tiny";
  CHECK(read_text(run / "config.yaml") == tiny_config());
  const std::string log = read_text(run / "train.log");
  CHECK(contains(log, "device: cpu"));
  for (const std::string& line : lines(result.out)) CHECK(contains(log, line));
  const auto metrics = lines(read_text(run / "metrics.csv"));
  REQUIRE(metrics.size() == 3);
  CHECK(metrics[0] == "epoch,step,train_loss,test_loss,test_accuracy,lr,images_per_second,seconds");
  CHECK(metrics[1].starts_with("1,5,"));
  CHECK(metrics[2].starts_with("2,10,"));
  const SafeTensors best = read_safetensors((run / "best.safetensors").string());
  const SafeTensors last = read_safetensors((run / "last.safetensors").string());
  CHECK(best.tensors.count("layer1.0.weight") == 1);
  CHECK(best.tensors.count("layer1.1.running_var") == 1);
  CHECK(best.tensors.count("optimizer.exp_avg.fc.weight") == 0);
  CHECK(last.tensors.count("optimizer.exp_avg.fc.weight") == 1);
  CHECK(last.metadata.at("config") == tiny_config());
}

TEST_CASE("the config in a run's folder runs as it is, with what was set") {
  const TemporaryFolder folder;
  train_tiny(folder.path(), {"--set", "train.epochs=1", "--set", "train.optimizer={sgd: {lr: 0.1}}"});
  const Result again = run_program(folder.path(), {"train", "runs/tiny/config.yaml", "--threads", "1", "--out", "again"});
  INFO(again.err);
  CHECK(again.status == 0);
  CHECK(lines(again.out).size() == 6);
  CHECK(read_text(folder.path() / "again" / "config.yaml") == read_text(folder.path() / "runs/tiny/config.yaml"));
}

TEST_CASE("a config without a name has its file's, also where the run goes on or its config is trained anew") {
  const TemporaryFolder folder;
  const std::string config = tiny_config();
  REQUIRE(config.starts_with("name: tiny\n"));
  write_text(folder.path() / "mine.yaml", config.substr(config.find('\n') + 1));
  REQUIRE(run_program(folder.path(), {"train", "mine.yaml", "--threads", "1"}).status == 0);
  CHECK(contains(run_program(folder.path(), {"train", "--resume", "runs/mine", "--threads", "1"}).err, "network: mine, "));
  CHECK(run_program(folder.path(), {"train", "runs/mine/config.yaml", "--threads", "1"}).status == 0);
  CHECK(fs::exists(folder.path() / "runs/mine-2"));
}

TEST_CASE("a run is never overwritten: the next one of that name gets a number") {
  const TemporaryFolder folder;
  for (int i = 0; i < 3; ++i) CHECK(train_tiny(folder.path(), {"--set", "train.epochs=1"}).status == 0);
  for (const char* name : {"tiny", "tiny-2", "tiny-3"}) CHECK(fs::exists(folder.path() / "runs" / name / "last.safetensors"));
}

TEST_CASE("runs that start together get folders of their own") {
  const TemporaryFolder folder;
  write_text(folder.path() / "tiny.yaml", tiny_config());
  std::vector<std::unique_ptr<Process>> running;
  for (int i = 0; i < 4; ++i)
    running.push_back(std::make_unique<Process>(folder.path(), std::vector<std::string>{"train", "tiny.yaml", "--threads", "1"}));
  for (auto& process : running) CHECK(process->finish().status == 0);
  for (const char* name : {"tiny", "tiny-2", "tiny-3", "tiny-4"})
    CHECK(lines(read_text(folder.path() / "runs" / name / "metrics.csv")).size() == 3);
}

TEST_CASE("--out names the folder, which must not hold a run") {
  const TemporaryFolder folder;
  CHECK(train_tiny(folder.path(), {"--out", "a/b", "--set", "train.epochs=1"}).status == 0);
  CHECK(fs::exists(folder.path() / "a/b/last.safetensors"));
  const std::string before = read_text(folder.path() / "a/b/last.safetensors");
  const Result again = train_tiny(folder.path(), {"--out", "a/b"});
  CHECK(again.status == 2);
  CHECK(contains(again.err, "--out a/b: holds a run already"));
  CHECK(read_text(folder.path() / "a/b/last.safetensors") == before);
  CHECK(lines(read_text(folder.path() / "a/b/metrics.csv")).size() == 2);
}

TEST_CASE("an --out where nothing can be made is an error of status 2") {
  const TemporaryFolder folder;
  write_text(folder.path() / "file", "");
  const Result result = train_tiny(folder.path(), {"--out", "file/run"});
  CHECK(result.status == 2);
  CHECK(contains(result.err, "cannot make the run's folder file/run"));
  CHECK(contains(train_tiny(folder.path(), {"--out", "file"}).err, "--out file: is a file, not a folder; name another"));
}

TEST_CASE("a dataset that is missing is an error of status 2 that names the file, and makes no run") {
  const TemporaryFolder folder;
  const Result result = train_tiny(folder.path(), {"--set", "data.dataset={mnist: {root: nowhere}}"});
  CHECK(result.status == 2);
  CHECK(contains(result.err, "nowhere/"));
  CHECK_FALSE(fs::exists(folder.path() / "runs"));
}

TEST_CASE("a config without a dataset is an error before a large network takes its memory, and so is a folder that is missing") {
  const TemporaryFolder folder;
  const Result none = run_program(folder.path(), {"train", "resnet152", "--set", "train.batch_size=4096"});
  CHECK(none.status == 2);
  CHECK(contains(none.err, "the config has no dataset"));
  const Result missing = run_program(
      folder.path(), {"train", "squeezenet1_1", "--set", "train.batch_size=1", "--set", "data.dataset.image_folder.root=nowhere"});
  CHECK(missing.status == 2);
  CHECK(contains(missing.err, "nowhere/train: no such folder"));
}

TEST_CASE("a number of classes that is not the data's is an error before training") {
  const TemporaryFolder folder;
  const Result result = train_tiny(folder.path(), {"--set", "model.fc.out_features=7"});
  CHECK(result.status == 2);
  CHECK(contains(result.err, "7 outputs"));
  CHECK_FALSE(fs::exists(folder.path() / "runs"));
}

TEST_CASE("the same seed gives the same losses, another seed others") {
  const TemporaryFolder folder;
  const Result first = train_tiny(folder.path());
  CHECK(train_tiny(folder.path()).out == first.out);
  CHECK(train_tiny(folder.path(), {"--set", "train.seed=2"}).out != first.out);
}

TEST_CASE("train --json prints one event a line and nothing else") {
  const TemporaryFolder folder;
  const Result result = train_tiny(folder.path(), {"--json"});
  REQUIRE(result.status == 0);
  std::vector<std::string> events;
  nlohmann::json last;
  for (const std::string& line : lines(result.out)) {
    last = nlohmann::json::parse(line);
    events.push_back(last.at("event"));
  }
  const std::vector<std::string> epoch = {"step", "step", "step", "step", "step", "epoch"};
  std::vector<std::string> expected = {"start"};
  expected.insert(expected.end(), epoch.begin(), epoch.end());
  expected.insert(expected.end(), epoch.begin(), epoch.end());
  expected.emplace_back("end");
  CHECK(events == expected);
  CHECK(last.at("images") == 50);
  CHECK(last.at("accuracy").get<double>() == doctest::Approx(last.at("correct").get<double>() / 50));
}

TEST_CASE("--init starts from a file's weights, and --init-except leaves some out") {
  const TemporaryFolder folder;
  train_tiny(folder.path(), {"--out", "first"});
  const std::vector<std::string> still = {"--init", "first/best.safetensors", "--set", "train.optimizer={sgd: {lr: 0}}"};
  const auto weights = [&](const std::string& run) {
    return read_safetensors((folder.path() / run / "last.safetensors").string()).tensors.at("fc.weight").values;
  };
  auto arguments = still;
  arguments.insert(arguments.end(), {"--out", "all"});
  const Result all = train_tiny(folder.path(), arguments);
  INFO(all.err);
  REQUIRE(all.status == 0);
  const auto first = read_safetensors((folder.path() / "first/best.safetensors").string()).tensors.at("fc.weight").values;
  CHECK(weights("all") == first);
  arguments = still;
  arguments.insert(arguments.end(), {"--out", "some", "--init-except", "fc.*"});
  REQUIRE(train_tiny(folder.path(), arguments).status == 0);
  CHECK(weights("some") != first);
}

TEST_CASE("--init reads PyTorch's files, and the log says what was loaded, left out and extra") {
  const TemporaryFolder folder;
  train_tiny(folder.path(), {"--out", "first"});
  StoredTensors weights = read_stored_safetensors((folder.path() / "first/best.safetensors").string());
  weights.tensors["aux.bias"] = weights.tensors.at("fc.bias");
  write_pytorch(folder.file("first.pth"), weights);
  const Result result = train_tiny(folder.path(), {"--init", "first.pth", "--init-except", "fc.*", "--set", "model.fc.out_features=10",
                                                   "--set", "train.optimizer={sgd: {lr: 0}}", "--out", "second"});
  INFO(result.err);
  REQUIRE(result.status == 0);
  CHECK(contains(result.err, "cnnctl: warning: first.pth: the network has no parameter aux.bias (10); it is left out\n"));
  const std::string log = read_text(folder.path() / "second/train.log");
  CHECK(contains(log, "init: first.pth: loaded 6: layer1.0.weight, layer1.0.bias, layer1.1.weight, layer1.1.bias, "));
  CHECK(contains(log, "init: first.pth: left out 2: fc.weight, fc.bias\n"));
  CHECK(contains(log, "init: first.pth: extra 1: aux.bias (10)\n"));
  const StoredTensors trained = read_stored_safetensors((folder.path() / "second/last.safetensors").string());
  CHECK(trained.tensors.at("layer1.0.weight").bytes == weights.tensors.at("layer1.0.weight").bytes);
  CHECK(trained.tensors.at("fc.weight").bytes != weights.tensors.at("fc.weight").bytes);
}

TEST_CASE("--init with weights of another shape is an error that names the tensors and both shapes") {
  const TemporaryFolder folder;
  train_tiny(folder.path(), {"--out", "first"});
  const Result result =
      train_tiny(folder.path(), {"--init", "first/best.safetensors", "--set", "model.layer1.0.out_channels=6", "--out", "second"});
  CHECK(result.status == 2);
  CHECK(contains(result.err, "layer1.0.weight"));
  CHECK(contains(result.err, "4x1x5x5"));
  CHECK(contains(result.err, "6x1x5x5"));
  CHECK(contains(result.err, "--init-except"));
  CHECK_FALSE(fs::exists(folder.path() / "second"));
}

TEST_CASE("--lr-find writes the curve into a folder of its own and suggests a learning rate") {
  const TemporaryFolder folder;
  const Result result = train_tiny(folder.path(), {"--lr-find"});
  INFO(result.err);
  REQUIRE(result.status == 0);
  CHECK(contains(result.out, "Suggested learning rate: "));
  CHECK(contains(result.out, "--set train.optimizer.adam.lr="));
  const auto rows = lines(read_text(folder.path() / "runs/tiny-lr-find/lr_find.csv"));
  CHECK(rows.front() == "lr,loss,smoothed_loss");
  CHECK(rows.size() > 50);
  CHECK_FALSE(fs::exists(folder.path() / "runs/tiny"));
  const Result json = train_tiny(folder.path(), {"--lr-find", "--json", "--out", "curve"});
  const auto event = nlohmann::json::parse(json.out);
  CHECK(event.at("points").size() == lines(read_text(folder.path() / "curve/lr_find.csv")).size() - 1);
  CHECK(event.at("suggestion").get<double>() > 0);
  CHECK(run_program(folder.path(), {"train", "--lr-find", "--resume", "curve"}).status == 2);
}

TEST_CASE("without test data there is no accuracy line, and that is said") {
  const TemporaryFolder folder;
  write_npy(folder.file("images.npy"), {4, 1, 28, 28}, std::vector<float>(4 * 28 * 28, 0.5F));
  // An .npy file by hand: write_npy writes floats, labels are integers.
  std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (4,), }";
  header.resize(117, ' ');
  write_text(folder.path() / "labels.npy",
             std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" + std::string("\x00\x01\x02\x03", 4));
  const std::string data = "data={dataset: {numpy: {train: {images: images.npy, labels: labels.npy}}}}";
  const Result result = train_tiny(folder.path(), {"--set", data, "--set", "train.batch_size=3"});
  INFO(result.err);
  CHECK(result.status == 0);
  CHECK(lines(result.out).size() == 4);
  CHECK(contains(result.err, "no test images"));
  const Result by_accuracy = train_tiny(folder.path(), {"--set", data, "--set", "train.schedule={plateau: {mode: max}}"});
  CHECK(by_accuracy.status == 2);
  CHECK(contains(by_accuracy.err, "plateau by the accuracy: dataset numpy has no test images to tell how good an epoch was"));
  const Result validated = train_tiny(folder.path(), {"--set", data, "--set", "train.batch_size=2", "--set", "data.validation=0.5"});
  CHECK(lines(validated.out).size() == 2);
  CHECK(contains(validated.err, "validation accuracy"));
  CHECK(contains(validated.err, "no test images"));
}

TEST_CASE("a run too short for its average of the weights is warned of, and one that is long enough is not") {
  const TemporaryFolder folder;
  const std::string told = train_tiny(folder.path(), {"--set", "train.ema=0.99"}).err;  // 10 updates
  CHECK(contains(told, "warning: train.ema: 0.99 averages the weights of about 100 updates, of which the run has 10: what is evaluated"));
  CHECK_FALSE(contains(train_tiny(folder.path(), {"--set", "train.ema=0.5"}).err, "train.ema"));
  CHECK_FALSE(contains(train_tiny(folder.path()).err, "train.ema"));
}

TEST_CASE("a loss that is no number ends the run with status 1 and what to do") {
  const TemporaryFolder folder;
  const Result result = train_tiny(folder.path(), {"--set", "train.optimizer={sgd: {lr: 1e38}}"});
  CHECK(result.status == 1);
  CHECK(contains(result.err, "is the first whose output is not finite"));
  CHECK(contains(result.err, "with learning rate 1e+38 training diverges: lower it"));
  CHECK(contains(result.err, "last.safetensors still holds epoch 0, step 0"));
  CHECK(contains(read_text(folder.path() / "runs/tiny/train.log"), "is not finite"));
  CHECK(run_program(folder.path(), {"eval", "runs/tiny"}).status == 0);
}

TEST_CASE("a network trained on digits for a few seconds tells more than 97 % of them apart") {
  CHECK(trained_accuracy({digits, "--set", "data.dataset.digits.train=6000", "--set", "data.dataset.digits.test=1000"}) > 97.0);
}

TEST_SUITE("slow") {
  TEST_CASE("configs/digits.yaml passes 98 %, which a linear model cannot: it stays below 95 %") {
    CHECK(trained_accuracy({digits}) > 98.0);
    CHECK(trained_accuracy({digits, "--set", "model=[flatten, linear: {out_features: 10}]", "--set", "train.epochs=10"}) < 95.0);
  }
}

}  // namespace cnnctl
