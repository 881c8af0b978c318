#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include <nlohmann/json.hpp>

#include "datasets/images/image_file.h"
#include "datasets/images/png.h"
#include "tests/cli/process.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

namespace fs = std::filesystem;

/// A config in the folder; what it trains is said by `sets`.
Result run_data(const TemporaryFolder& folder, std::vector<std::string> arguments) {
  write_text(folder.path() / "tiny.yaml", tiny_config());
  arguments.insert(arguments.begin(), {"data", "tiny.yaml"});
  return run_program(folder.path(), arguments);
}

/// Writes an image of one value.
void write_image(const fs::path& path, const Shape& shape, std::uint8_t value) {
  fs::create_directories(path.parent_path());
  Image image = make_image(shape);
  std::fill(image.pixels.begin(), image.pixels.end(), value);
  write_text(path, encode_png(image));
}

}  // namespace

TEST_CASE("data prints a row a class, a row a split, and how to normalize") {
  const TemporaryFolder folder;
  const Result result = run_data(folder, {"--set", "data.validation=0.2"});
  INFO(result.err);
  REQUIRE(result.status == 0);
  const auto printed = lines(result.out);
  REQUIRE(printed.size() == 20);
  CHECK(printed[0] == "class  train  validation  test");
  CHECK(printed[2] == "0          8           2     5");
  CHECK(printed[11] == "9          8           2     5");
  CHECK(printed[13] == "split       images  height  width    mean     std");
  CHECK(printed[15].starts_with("train           80      28     28  0."));
  CHECK(printed[17].starts_with("test            50      28     28  0."));
  CHECK(printed[19].starts_with("To normalize by the training images: --set 'data.normalize={mean: [0."));
}

TEST_CASE("what data suggests for data.normalize is a value that train takes") {
  const TemporaryFolder folder;
  const std::string line = lines(run_data(folder, {}).out).back();
  const std::string set = line.substr(line.find('\'') + 1, line.rfind('\'') - line.find('\'') - 1);
  const Result trained = train_tiny(folder.path(), {"--set", set, "--set", "train.epochs=1"});
  INFO(trained.err);
  CHECK(trained.status == 0);
  CHECK(contains(read_text(folder.path() / "runs/tiny/config.yaml"), "mean: [0."));
}

TEST_CASE("data --json gives the same on one line") {
  const TemporaryFolder folder;
  const Result result = run_data(folder, {"--json"});
  REQUIRE(lines(result.out).size() == 1);
  const auto json = nlohmann::json::parse(result.out);
  CHECK(json.at("dataset") == "digits");
  CHECK(json.at("classes").size() == 10);
  REQUIRE(json.at("splits").size() == 2);
  const auto& train = json.at("splits").at(0);
  CHECK(train.at("split") == "train");
  CHECK(train.at("images") == 100);
  CHECK(train.at("class_counts") == std::vector<std::int64_t>(10, 10));
  CHECK(train.at("height") == nlohmann::json({{"min", 28}, {"median", 28}, {"max", 28}}));
  CHECK(train.at("mean").at(0).get<double>() > 0.05);
  CHECK(train.at("std").at(0).get<double>() > 0.05);
  CHECK(train.at("unreadable").empty());
}

TEST_CASE("data describes a folder that does not fit the network, and lists its broken files") {
  const TemporaryFolder folder;
  write_image(folder.path() / "sky/train/night/1.png", {3, 10, 20}, 0);
  write_image(folder.path() / "sky/train/noon/1.png", {3, 10, 25}, 255);
  write_image(folder.path() / "sky/train/noon/2.png", {3, 12, 20}, 255);
  const std::string set = "data.dataset={image_folder: {root: sky}}";
  const Result whole = run_data(folder, {"--set", set});
  INFO(whole.err);
  REQUIRE(whole.status == 0);
  const auto printed = lines(whole.out);
  REQUIRE(printed.size() == 10);
  CHECK(printed[3] == "noon       2");
  CHECK(printed[7].starts_with("train       3  10 to 12, median 10  20 to 25, median 20  0.7"));

  write_text(folder.path() / "sky/train/noon/2.png", "broken");
  const Result stopped = run_data(folder, {"--set", set});
  CHECK(stopped.status == 2);
  CHECK(stopped.out.empty());
  CHECK(contains(stopped.err, "sky/train/noon/2.png: is neither"));
  const Result skipped = run_data(folder, {"--set", set, "--set", "data.on_error=skip", "--json"});
  CHECK(skipped.status == 0);
  CHECK(contains(skipped.err, "warning: skipped 1 image file that cannot be read:\n  sky/train/noon/2.png"));
  CHECK(nlohmann::json::parse(skipped.out).at("splits").at(0).at("unreadable").size() == 1);
}

TEST_CASE("names of folders and files reach the terminal without control characters") {
  const TemporaryFolder folder;
  write_image(folder.path() / "sky/train/ni\x1b[31mght/1.png", {3, 10, 20}, 0);
  write_text(folder.path() / "sky/train/ni\x1b[31mght/\x1b[2J.png", "broken");
  const Result result = run_data(folder, {"--set", "data.dataset={image_folder: {root: sky}}", "--set", "data.on_error=skip"});
  CHECK(result.status == 0);
  CHECK(contains(result.out, "ni?[31mght"));
  CHECK(contains(result.err, "?[2J.png"));
  CHECK_FALSE(contains(result.out + result.err, "\x1b"));
}

TEST_CASE("data --preview writes the training images as a picture, and no statistics") {
  const TemporaryFolder folder;
  const Result result = run_data(folder, {"--preview", "sheet.png"});
  INFO(result.err);
  REQUIRE(result.status == 0);
  CHECK(result.out == "sheet.png: the first 64 of 100 training images of 1x28x28, 4 times as large\n");
  const Image sheet = read_image(folder.file("sheet.png"), 3);
  CHECK(sheet.shape == Shape{3, 8 + 8 * 144, 8 + 8 * 120});
  const auto json = nlohmann::json::parse(run_data(folder, {"--preview", "sheet.png", "--json"}).out);
  CHECK(json.at("preview") == "sheet.png");
  CHECK(json.at("labels").size() == 64);
  CHECK(json.at("labels").at(0).size() == 1);
}

TEST_CASE("the preview undoes the normalization") {
  const TemporaryFolder folder;
  run_data(folder, {"--preview", "plain.png"});
  run_data(folder, {"--preview", "normalized.png", "--set", "data.normalize={mean: [0.3], std: [0.2]}"});
  run_data(folder, {"--preview", "listed.png", "--set", "data.transforms={train: [{normalize: {mean: [0.3], std: [0.2]}}]}"});
  const std::string plain = read_text(folder.path() / "plain.png");
  CHECK_FALSE(plain.empty());
  CHECK(read_text(folder.path() / "normalized.png") == plain);
  CHECK(read_text(folder.path() / "listed.png") == plain);
}

TEST_CASE("the preview shows the transforms of the training images, and mixed ones with both labels") {
  const TemporaryFolder folder;
  run_data(folder, {"--preview", "plain.png"});
  const std::string plain = read_text(folder.path() / "plain.png");
  run_data(folder, {"--preview", "flipped.png", "--set", "data.transforms={train: [{vertical_flip: {p: 1}}]}"});
  CHECK(read_text(folder.path() / "flipped.png") != plain);
  run_data(folder, {"--preview", "tested.png", "--set", "data.transforms={test: [{vertical_flip: {p: 1}}]}"});
  CHECK(read_text(folder.path() / "tested.png") == plain);
  const Result mixed = run_data(folder, {"--preview", "mixed.png", "--json", "--set", "train.mixup=1", "--set", "train.cutmix={alpha: 1}"});
  INFO(mixed.err);
  REQUIRE(mixed.status == 0);
  const auto labels = nlohmann::json::parse(mixed.out).at("labels").get<std::vector<std::vector<std::string>>>();
  CHECK(std::any_of(labels.begin(), labels.end(), [](const auto& each) { return each.size() == 2 && contains(each[0], " % "); }));
}

TEST_CASE("a preview that cannot be written is an error before any data is read") {
  const TemporaryFolder folder;
  const std::string missing = "data.dataset={image_folder: {root: nowhere}}";
  for (const auto& [path, message] :
       {std::pair{"sheet.jpg", "ends in .png"}, std::pair{"none/sheet.png", "there is no folder none"}, std::pair{"", "is empty here"}}) {
    const Result result = run_data(folder, {"--set", missing, "--preview", path});
    CHECK(result.status == 2);
    CHECK(contains(result.err, message));
  }
}

TEST_CASE("data of a config without a dataset is an error of status 2") {
  const TemporaryFolder folder;
  write_text(folder.path() / "net.yaml", "input: [1, 2, 2]\nmodel: [flatten, linear: {out_features: 2}]\n");
  const Result result = run_program(folder.path(), {"data", "net.yaml"});
  CHECK(result.status == 2);
  CHECK(contains(result.err, "the config has no dataset"));
}

}  // namespace cnnctl
