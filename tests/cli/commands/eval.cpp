#include <doctest/doctest.h>

#include <filesystem>

#include <nlohmann/json.hpp>

#include "engine/formats/safetensors.h"
#include "engine/runtime/model.h"
#include "tests/cli/process.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {

TEST_CASE("eval gives the accuracy that train gave, from the checkpoint alone") {
  const TemporaryFolder folder;
  const std::string accuracy = lines(train_tiny(folder.path()).out).back();
  std::filesystem::remove(folder.path() / "tiny.yaml");
  for (const char* checkpoint : {"runs/tiny", "runs/tiny/last.safetensors"}) {
    const Result result = run_program(folder.path(), {"eval", checkpoint, "--threads", "1"});
    INFO(result.err);
    REQUIRE(result.status == 0);
    CHECK(lines(result.out).back() == accuracy);
  }
}

TEST_CASE("eval takes the precision of the training, or the one that is asked for") {
  if (!has_bf16()) return;
  const TemporaryFolder folder;
  std::string config = tiny_config();  // with a convolution that is worth rounding
  const std::string of_four = "{out_channels: 4, kernel_size: 5, stride: 2}";
  config.replace(config.find(of_four), of_four.size(),
                 "{out_channels: 16, kernel_size: 3}\n      - conv: {out_channels: 16, kernel_size: 3}");
  write_text(folder.path() / "tiny.yaml", config);
  const Result trained = run_program(folder.path(), {"train", "tiny.yaml", "--threads", "1", "--set", "train.precision=bf16"});
  const std::string accuracy = lines(trained.out).back();
  CHECK(lines(run_program(folder.path(), {"eval", "runs/tiny", "--threads", "1"}).out).back() == accuracy);
  const auto loss = [&](const std::vector<std::string>& options) {
    std::vector<std::string> arguments{"eval", "runs/tiny", "--json"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return nlohmann::json::parse(run_program(folder.path(), arguments).out).at("loss").get<double>();
  };
  const double in_bf16 = loss({}), in_f32 = loss({"--precision", "f32"});
  CHECK(loss({"--precision", "bf16"}) == in_bf16);
  CHECK(in_f32 != in_bf16);
  CHECK(in_f32 == doctest::Approx(in_bf16).epsilon(0.01));
}

TEST_CASE("eval in bf16 is refused where the processor does not have it") {
  if (has_bf16()) return;
  const TemporaryFolder folder;
  train_tiny(folder.path());
  const Result result = run_program(folder.path(), {"eval", "runs/tiny", "--precision", "bf16"});
  CHECK(result.status == 2);
  CHECK(contains(result.err, "use f32"));
}

TEST_CASE("eval prints loss, top-5 and a row a class") {
  const TemporaryFolder folder;
  train_tiny(folder.path());
  const auto printed = lines(run_program(folder.path(), {"eval", "runs/tiny"}).out);
  REQUIRE(printed.size() == 17);
  CHECK(printed[0].starts_with("loss    "));
  CHECK(printed[1].starts_with("top-5   "));
  CHECK(printed[3] == "class  precision  recall      F1  count");
  CHECK(printed[5].starts_with("0 "));
  CHECK(printed[14].starts_with("9 "));
}

TEST_CASE("eval --json gives scores that follow from its confusion matrix") {
  const TemporaryFolder folder;
  train_tiny(folder.path(), {"--set", "train.epochs=5"});
  const Result result = run_program(folder.path(), {"eval", "runs/tiny", "--json"});
  REQUIRE(lines(result.out).size() == 1);
  const auto json = nlohmann::json::parse(result.out);
  const auto confusion = json.at("confusion_matrix").get<std::vector<std::vector<std::int64_t>>>();
  REQUIRE(confusion.size() == 10);
  std::int64_t images = 0;
  std::int64_t correct = 0;
  for (std::size_t i = 0; i < 10; ++i) {
    std::int64_t actual = 0;
    std::int64_t predicted = 0;
    for (std::size_t j = 0; j < 10; ++j) {
      actual += confusion[i][j];
      predicted += confusion[j][i];
    }
    images += actual;
    correct += confusion[i][i];
    const auto& score = json.at("classes").at(i);
    CHECK(score.at("count") == actual);
    const double recall = actual > 0 ? static_cast<double>(confusion[i][i]) / static_cast<double>(actual) : 0;
    const double precision = predicted > 0 ? static_cast<double>(confusion[i][i]) / static_cast<double>(predicted) : 0;
    CHECK(score.at("recall").get<double>() == doctest::Approx(recall));
    CHECK(score.at("precision").get<double>() == doctest::Approx(precision));
    const double f1 = recall + precision > 0 ? 2 * recall * precision / (recall + precision) : 0;
    CHECK(score.at("f1").get<double>() == doctest::Approx(f1));
  }
  CHECK(images == 50);
  CHECK(json.at("images") == 50);
  CHECK(json.at("correct") == correct);
  CHECK(json.at("accuracy").get<double>() == doctest::Approx(static_cast<double>(correct) / 50));
  CHECK(json.at("top5_accuracy").get<double>() >= json.at("accuracy").get<double>());
}

TEST_CASE("eval takes the training split, and --set, and refuses the validation split where there is none") {
  const TemporaryFolder folder;
  train_tiny(folder.path());
  CHECK(contains(run_program(folder.path(), {"eval", "runs/tiny", "--split", "train"}).out,
                 "Train Accuracy of the model on the 100 train images"));
  CHECK(contains(run_program(folder.path(), {"eval", "runs/tiny", "--set", "data.dataset.digits.test=30"}).out, "on the 30 test images"));
  const Result validation = run_program(folder.path(), {"eval", "runs/tiny", "--split", "validation"});
  CHECK(validation.status == 2);
  CHECK(contains(validation.err, "data.validation says how many"));
  CHECK(run_program(folder.path(), {"eval", "runs/tiny", "--split", "tests"}).status == 2);
}

TEST_CASE("eval of a config is an error that says what to name") {
  const TemporaryFolder folder;
  write_text(folder.path() / "net.yaml", "model: [flatten]\n");
  const Result result = run_program(folder.path(), {"eval", "net.yaml"});
  CHECK(result.status == 2);
  CHECK(contains(result.err, "net.yaml: is a config; name a run's folder or a checkpoint"));
}

TEST_CASE("eval of what is no checkpoint is an error of status 2 that names it") {
  const TemporaryFolder folder;
  write_safetensors(folder.file("weights.safetensors"), {});
  write_text(folder.path() / "broken.safetensors", "no safetensors");
  for (const std::string& name :
       {std::string("missing.safetensors"), std::string("weights.safetensors"), std::string("broken.safetensors"), std::string(300, 'x')}) {
    CAPTURE(name);
    const Result result = run_program(folder.path(), {"eval", name});
    CHECK(result.status == 2);
    CHECK(contains(result.err, name));
    CHECK(result.out.empty());
  }
}

}  // namespace cnnctl
