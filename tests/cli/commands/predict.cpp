#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

#include <nlohmann/json.hpp>

#include "engine/formats/npy.h"
#include "engine/formats/pytorch.h"
#include "tests/cli/process.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

std::vector<float> floats(const std::string& path) {
  const NpyArray array = read_npy(path);
  std::vector<float> values(array.bytes.size() / sizeof(float));
  std::memcpy(values.data(), array.bytes.data(), array.bytes.size());
  return values;
}

std::vector<float> some_images(std::size_t count) {
  std::vector<float> pixels(count * 28 * 28);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<float>(i * 7919 % 256) / 255.0F;
  return pixels;
}

/// The same images as bytes.
void write_bytes(const std::string& path, std::size_t count) {
  std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (" + std::to_string(count) + ", 1, 28, 28), }";
  header.resize(117, ' ');
  std::string text = std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n";
  for (std::size_t i = 0; i < count * 28 * 28; ++i) text += static_cast<char>(i * 7919 % 256);
  write_text(path, text);
}

}  // namespace

TEST_CASE("predict prints a line an image and writes logits from which its probabilities follow") {
  const TemporaryFolder folder;
  train_tiny(folder.path());
  write_npy(folder.file("images.npy"), {103, 1, 28, 28}, some_images(103));
  const std::vector<std::string> arguments = {"predict", "runs/tiny", "--input", "images.npy", "--threads", "1"};
  auto with = arguments;
  with.insert(with.end(), {"--logits", "logits.npy", "--top", "10", "--json"});
  const Result result = run_program(folder.path(), with);
  INFO(result.err);
  REQUIRE(result.status == 0);
  CHECK(read_npy(folder.file("logits.npy")).dims == std::vector<std::int64_t>{103, 10});
  const auto logits = floats(folder.file("logits.npy"));
  const auto json = nlohmann::json::parse(result.out);
  REQUIRE(json.at("images").size() == 103);
  double sum = 0;
  for (std::size_t c = 0; c < 10; ++c) sum += std::exp(double{logits[1020 + c]});
  const auto& classes = json.at("images").at(102).at("classes");
  REQUIRE(classes.size() == 10);
  for (std::size_t k = 0; k < 10; ++k) {
    const auto c = classes.at(k).at("index").get<std::size_t>();
    CHECK(classes.at(k).at("probability").get<double>() == doctest::Approx(std::exp(double{logits[1020 + c]}) / sum));
    if (k > 0) CHECK(classes.at(k).at("probability") <= classes.at(k - 1).at("probability"));
  }
  const auto printed = lines(run_program(folder.path(), arguments).out);
  REQUIRE(printed.size() == 103);
  CHECK(printed[102].starts_with("102: " + classes.at(0).at("name").get<std::string>() + " "));
}

TEST_CASE("predict takes bytes scaled by 1/255, and a config with --init as it takes a checkpoint") {
  const TemporaryFolder folder;
  train_tiny(folder.path());
  write_npy(folder.file("images.npy"), {3, 1, 28, 28}, some_images(3));
  write_bytes(folder.file("bytes.npy"), 3);
  const auto logits = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "predict");
    arguments.insert(arguments.end(), {"--logits", "logits.npy", "--threads", "1"});
    const Result result = run_program(folder.path(), arguments);
    INFO(result.err);
    REQUIRE(result.status == 0);
    return floats(folder.file("logits.npy"));
  };
  const auto expected = logits({"runs/tiny", "--input", "images.npy"});
  CHECK(logits({"tiny.yaml", "--init", "runs/tiny/last.safetensors", "--input", "images.npy"}) == expected);
  write_pytorch(folder.file("tiny.pth"), read_stored_safetensors(folder.file("runs/tiny/best.safetensors")));
  CHECK(logits({"tiny.yaml", "--init", "tiny.pth", "--input", "images.npy"}) ==
        logits({"runs/tiny/best.safetensors", "--input", "images.npy"}));
  const auto from_bytes = logits({"runs/tiny", "--input", "bytes.npy"});
  REQUIRE(from_bytes.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(from_bytes[i] == doctest::Approx(expected[i]).epsilon(1e-4));
}

TEST_CASE("numbers that are not finite tell no class: status 1") {
  const TemporaryFolder folder;
  write_text(folder.path() / "net.yaml", "name: net\ninput: [1, 28, 28]\nmodel: [flatten, linear: {out_features: 2}]\n");
  write_safetensors(folder.file("net.safetensors"),
                    {{{"1.weight", {{2, 784}, std::vector<float>(1568, 3e38F)}}, {"1.bias", {{2}, {0.0F, 0.0F}}}}, {}});
  write_npy(folder.file("images.npy"), {3, 1, 28, 28}, some_images(3));
  const Result result = run_program(folder.path(), {"predict", "net.yaml", "--init", "net.safetensors", "--input", "images.npy"});
  CHECK(result.status == 1);
  CHECK(result.out.empty());
  CHECK(contains(result.err, "image 0: the network gives numbers that are not finite, which tell no class"));
}

TEST_CASE("predict's mistakes are errors of status 2 that say what to do") {
  const TemporaryFolder folder;
  train_tiny(folder.path());
  write_npy(folder.file("small.npy"), {3, 1, 8, 8}, std::vector<float>(3 * 64));
  const auto error = [&](const std::vector<std::string>& arguments) {
    const Result result = run_program(folder.path(), arguments);
    CHECK(result.status == 2);
    CHECK(result.out.empty());
    return result.err;
  };
  CHECK(contains(error({"predict", "runs/tiny", "cat.png"}), "cat.png: cannot be read: No such file"));
  CHECK(contains(error({"predict", "runs/tiny"}), "name JPEG or PNG files, or else add --input FILE.npy"));
  CHECK(contains(error({"predict", "runs/tiny", "cat.png", "--input", "small.npy"}), "image files or --input FILE.npy, not both"));
  CHECK(contains(error({"predict", "runs/tyni", "--input", "small.npy"}), "runs/tyni: there is no such checkpoint or run's folder"));
  CHECK(contains(error({"predict", "runs/tiny", "--input", "small.npy", "--logits", "./small.npy"}),
                 "is what is read, and would be replaced"));
  CHECK(contains(error({"predict", "runs/tiny", "--input", "small.npy", "--logits", "runs/tiny/last.safetensors"}),
                 "is what is read, and would be replaced"));
  CHECK(contains(error({"predict", "runs/tiny", "small.npy", "--logits", "small.npy"}), "is what is read, and would be replaced"));
  CHECK(contains(error({"predict", "tiny.yaml", "--input", "small.npy"}), "add --init"));
  CHECK(contains(error({"predict", "runs/tiny", "--init", "runs/tiny/last.safetensors", "--input", "small.npy"}), "leave out --init"));
  CHECK(contains(error({"predict", "runs/tiny", "--input", "small.npy"}), "N x 1 x 28 x 28, but this array is 3 x 1 x 8 x 8"));
  CHECK(contains(error({"predict", "runs/tiny", "--input", "missing.npy"}), "missing.npy"));
  auto pixels = some_images(3);
  pixels[2 * 784 + 5 * 28 + 7] = std::numeric_limits<float>::quiet_NaN();
  write_npy(folder.file("nan.npy"), {3, 1, 28, 28}, pixels);
  CHECK(contains(error({"predict", "runs/tiny", "--input", "nan.npy"}),
                 "nan.npy: image 2, channel 0, row 5, column 7 is nan; a network takes finite numbers"));
  pixels[784] = -std::numeric_limits<float>::infinity();
  write_npy(folder.file("inf.npy"), {3, 1, 28, 28}, pixels);
  CHECK(contains(error({"predict", "runs/tiny", "--input", "inf.npy"}), "inf.npy: image 1, channel 0, row 0, column 0 is -inf"));
  write_pytorch(folder.file("tiny.pth"), {});
  CHECK(contains(error({"predict", "tiny.pth", "--input", "small.npy"}), "tiny.pth: holds weights but no config"));
  CHECK(contains(error({"predict", "tiny.yaml", "--init", "runs/tiny", "--input", "small.npy"}),
                 "--init runs/tiny: is a folder; name the file of weights, as runs/tiny/best.safetensors"));
  write_npy(folder.file("images.npy"), {1, 1, 28, 28}, some_images(1));
  CHECK(contains(error({"predict", "runs/tiny", "--input", "images.npy", "--top", "11"}),
                 "--top 11: the network tells 10 classes apart, so give at most 10"));
  CHECK(contains(error({"predict", "runs/tiny", "--input", "images.npy", "--logits", "none/logits.npy"}),
                 "--logits none/logits.npy: there is no folder none; make it first"));
}

}  // namespace cnnctl
