#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "engine/formats/npy.h"
#include "tests/cli/process.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/without_rights.h"

namespace cnnctl {

namespace fs = std::filesystem;

TEST_CASE("data.validation keeps training images back, which are evaluated after every epoch instead of the test images") {
  const TemporaryFolder folder;
  const Result result = train_tiny(folder.path(), {"--set", "data.validation=0.2", "--set", "train.batch_size=16"});
  INFO(result.err);
  REQUIRE(result.status == 0);
  CHECK(contains(result.err, "data: digits, 80 training images, 20 validation images, 50 test images of 1x28x28"));
  CHECK(contains(result.err, "validation accuracy"));
  CHECK(contains(result.out, "Test Accuracy of the model on the 50 test images"));
  const auto rows = lines(read_text(folder.path() / "runs" / "tiny" / "metrics.csv"));
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].ends_with("seconds,validation_loss,validation_accuracy"));
  CHECK(contains(run_program(folder.path(), {"eval", "runs/tiny", "--split", "validation"}).out, "on the 20 "));
  CHECK(contains(run_program(folder.path(), {"eval", "runs/tiny", "--split", "train"}).out, "on the 80 "));
}

TEST_CASE("data.limit lets through so many images of each split") {
  const TemporaryFolder folder;
  const Result result = train_tiny(folder.path(), {"--set", "data.limit=40"});
  CHECK(contains(result.err, "40 training images, 40 test images"));
}

TEST_CASE("a validation split that leaves nothing to train or to validate on is an error") {
  const TemporaryFolder folder;
  const Result result = train_tiny(folder.path(), {"--set", "data.validation=0.001"});
  CHECK(result.status == 2);
  CHECK(contains(result.err, "data.validation: 0.001 of 100 training images leaves none to validate on"));
}

TEST_CASE("images that transforms bring to another shape than the network's are an error that says whose transforms") {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& transforms) {
    return train_tiny(folder.path(), {"--set", "data.transforms=" + transforms}).err;
  };
  CHECK(contains(error("{train: [{resize: {size: 16}}]}"), "but the images of digits, after data.transforms.train, are 1x16x16"));
  CHECK(contains(train_tiny(folder.path(), {"--set", "input=[1,16,16]", "--set", "data.transforms={train: [{resize: {size: 16}}]}"}).err,
                 "but the images of digits, without data.transforms.test, are 1x28x28"));
}

TEST_CASE("a label beyond the network's outputs is an error with the file's name, in every split") {
  const TemporaryFolder folder;
  const auto write_labels = [&](const std::string& name, char second) {
    const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}\n";
    write_text(folder.path() / name,
               std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header + '\0' + second);
  };
  write_npy(folder.file("x.npy"), {2, 28, 28}, std::vector<float>(std::size_t{2} * 28 * 28));
  const std::vector<std::string> arguments = {
      "--set", "data.dataset={numpy: {train: {images: x.npy, labels: y.npy}, test: {images: x.npy, labels: z.npy}}}"};
  for (const auto& [train, test] : {std::pair<char, char>{10, 0}, {0, 10}}) {
    write_labels("y.npy", train);
    write_labels("z.npy", test);
    const Result result = train_tiny(folder.path(), arguments);
    CHECK(result.status == 2);
    CHECK(contains(result.err,
                   std::string(train == 10 ? "y" : "z") + ".npy: label 10 is too large: the network has 10 outputs, for labels 0 to 9"));
  }
  write_labels("z.npy", 9);
  CHECK(train_tiny(folder.path(), arguments).status == 0);
}

TEST_CASE("a run or a config in a folder without permission is an error that names it") {
  const TemporaryFolder folder;
  fs::create_directory(folder.path() / "closed");
  fs::permissions(folder.path() / "closed", fs::perms::none);
  Result result, config;
  {
    const WithoutRights rights;
    result = run_program(fs::temp_directory_path(), {"eval", folder.file("closed/run")});
    config = run_program(fs::temp_directory_path(), {"train", folder.file("closed/config.yaml")});
  }
  fs::permissions(folder.path() / "closed", fs::perms::owner_all);
  CHECK(result.status == 2);
  CHECK(result.err == "cnnctl: error: " + folder.file("closed/run") + ": cannot be read: Permission denied\n");
  CHECK(config.status == 2);
  CHECK(config.err == "cnnctl: error: cannot read '" + folder.file("closed/config.yaml") + "': Permission denied\n");
}

TEST_CASE("transforms run in training, and a resumed run sees the same pictures as one that was not interrupted") {
  const TemporaryFolder folder;
  const std::vector<std::string> transforms = {
      "--set", "data.transforms={train: [{random_crop: {size: 28, padding: 3}}, trivial_augment_wide, random_erasing]}"};
  std::vector<std::string> whole = transforms, first = transforms;
  whole.insert(whole.end(), {"--out", "whole"});
  first.insert(first.end(), {"--out", "parts", "--set", "train.epochs=1"});
  REQUIRE(train_tiny(folder.path(), whole).status == 0);
  REQUIRE(train_tiny(folder.path(), first).status == 0);
  const Result resumed = run_program(folder.path(), {"train", "--resume", "parts", "--set", "train.epochs=2", "--threads", "1"});
  REQUIRE(resumed.status == 0);
  const auto steps = lines(read_text(folder.path() / "whole" / "train.log"));
  for (const std::string& line : lines(resumed.out)) {
    const bool found = std::any_of(steps.begin(), steps.end(), [&](const std::string& step) { return step.ends_with(line); });
    CHECK_MESSAGE(found, line);
  }
}

}  // namespace cnnctl
