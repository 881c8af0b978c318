#include <doctest/doctest.h>

#include <filesystem>

#include "datasets/images/png.h"
#include "tests/cli/process.h"
#include "tests/cli/run_state.h"
#include "tests/support/temporary_folder.h"

// Same seed, same bits: what of a run may change, and its weights do not.

namespace cnnctl {
namespace {

namespace fs = std::filesystem;

/// tiny_config() with convolutions that there are several ways to compute, as two_ways.yaml.
void write_two_ways(const TemporaryFolder& folder) {
  std::string config = tiny_config();
  config.replace(config.find("  - flatten"), 0,
                 "  - conv: {out_channels: 16, kernel_size: 1}\n  - conv: {out_channels: 16, kernel_size: 3, padding: 1}\n");
  write_text(folder.path() / "two_ways.yaml", config);
}

/// Twelve images of two classes, and photos.yaml that trains on them: shuffled, and with all that is random in transforms.
void write_photos(const TemporaryFolder& folder) {
  for (const std::string split : {"train", "test"})
    for (const std::string name : {"a", "b"}) {
      fs::create_directories(folder.path() / "photos" / split / name);
      for (int i = 0; i < 6; ++i) {
        Image image = make_image({3, 12 + i, 14});
        for (std::size_t p = 0; p < image.pixels.size(); ++p)
          image.pixels[p] = static_cast<std::uint8_t>(p * (name == "a" ? 7 : 11) + static_cast<std::size_t>(i) * 31);
        write_text(folder.path() / "photos" / split / name / (std::to_string(i) + ".png"), encode_png(image));
      }
    }
  write_text(folder.path() / "photos.yaml", R"(name: photos
input: [3, 8, 8]
model:
  - conv: {out_channels: 8, kernel_size: 3}
  - relu
  - flatten
  - dropout
  - linear: {out_features: 2}
data:
  dataset: {image_folder: {root: photos}}
  shuffle: true
  transforms:
    train: [trivial_augment_wide, {random_resized_crop: {size: 8}}, horizontal_flip, {color_jitter: {brightness: 0.4}}, random_erasing]
    test: [{resize: {size: 9}}, {center_crop: {size: 8}}]
train: {epochs: 3, batch_size: 5, optimizer: {adam: {lr: 0.01}}, mixup: 0.2}
)");
}

RunState train(const TemporaryFolder& folder, const std::string& config, const std::string& out,
               const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {"train", config, "--out", out};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const Result result = run_program(folder.path(), words);
  INFO(result.err);
  REQUIRE(result.status == 0);
  return read_run(folder.path() / out);
}

/// Without what differs because the config does.
RunState without_config(RunState state) {
  state.config.clear();
  for (auto& [name, file] : state.checkpoints) file.metadata.erase("config");
  return state;
}

}  // namespace

TEST_CASE("two deterministic runs of the same seed have the same bits, on one thread and on two") {
  const TemporaryFolder folder;
  write_two_ways(folder);
  for (const std::string threads : {"1", "2"}) {
    const std::vector<std::string> arguments = {"--threads", threads, "--set", "train.deterministic=true"};
    const RunState first = train(folder, "two_ways.yaml", "first" + threads, arguments);
    fs::remove_all(folder.path() / "cache");
    check_same(train(folder, "two_ways.yaml", "second" + threads, arguments), first);
  }
}

TEST_CASE("two runs that compute by the same choices have the same bits") {
  const TemporaryFolder folder;
  write_two_ways(folder);
  const RunState first = train(folder, "two_ways.yaml", "first", {"--threads", "2"});
  REQUIRE(first.checkpoints.at("last.safetensors").metadata.contains("choices"));
  check_same(train(folder, "two_ways.yaml", "second", {"--threads", "2"}), first);
}

TEST_CASE("the number of threads that load images changes nothing: they are shuffled, augmented and mixed the same") {
  const TemporaryFolder folder;
  write_photos(folder);
  const auto run = [&](const std::string& workers) {
    return without_config(train(folder, "photos.yaml", "workers" + workers,
                                {"--threads", "1", "--set", "train.deterministic=true", "--set", "data.workers=" + workers}));
  };
  const RunState one = run("1");
  for (const std::string workers : {"2", "4"}) {
    CAPTURE(workers);
    check_same(run(workers), one);
  }
  const RunState other = without_config(train(folder, "photos.yaml", "other", {"--threads", "1", "--set", "train.seed=2"}));
  CHECK(other.metrics != one.metrics);
}

}  // namespace cnnctl
