#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "datasets/images/png.h"
#include "tests/cli/process.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

namespace fs = std::filesystem;

/// Eight dark images of class night and eight light ones of class noon for training, two of each for testing.
void write_folder(const TemporaryFolder& folder) {
  for (const std::string split : {"train", "test"})
    for (const std::string name : {"night", "noon"}) {
      fs::create_directories(folder.path() / "sky" / split / name);
      for (int i = 0; i < (split == "train" ? 8 : 2); ++i) {
        Image image = make_image({3, 12, 10});
        std::fill(image.pixels.begin(), image.pixels.end(), static_cast<std::uint8_t>(name == "night" ? i : 250 - i));
        write_text(folder.path() / "sky" / split / name / (std::to_string(i) + ".png"), encode_png(image));
      }
    }
  write_text(folder.path() / "sky.yaml", R"(name: sky
input: [3, 8, 8]
model:
  - flatten
  - linear: {out_features: 2}
data:
  dataset: {image_folder: {root: sky}}
  transforms:
    train: [{random_resized_crop: {size: 8}}, horizontal_flip]
    test: [{resize: {size: 9}}, {center_crop: {size: 8}}]
train: {epochs: 5, batch_size: 4, optimizer: {adam: {lr: 0.01}}}
)");
}

}  // namespace

TEST_CASE("a network trained on a folder of images names the classes of image files") {
  const TemporaryFolder folder;
  write_folder(folder);
  const Result trained = run_program(folder.path(), {"train", "sky.yaml", "--threads", "1"});
  INFO(trained.err);
  REQUIRE(trained.status == 0);
  CHECK(contains(trained.err, "data: image_folder, 16 training images, 4 test images of 3x8x8"));
  CHECK(contains(trained.out, "Test Accuracy of the model on the 4 test images: 100.00 %"));
  fs::rename(folder.path() / "sky/test/noon/1.png", folder.path() / "some.png");
  fs::remove_all(folder.path() / "sky");
  const auto printed = lines(run_program(folder.path(), {"predict", "runs/sky", "some.png", "--threads", "1"}).out);
  REQUIRE(printed.size() == 1);
  CHECK(printed[0].starts_with("some.png: noon "));
}

TEST_CASE("images of another size than the network's are an error before a run is begun") {
  const TemporaryFolder folder;
  write_folder(folder);
  for (const std::string on_error : {"stop", "skip"}) {
    const Result result = run_program(
        folder.path(), {"train", "sky.yaml", "--threads", "1", "--set", "data.transforms={}", "--set", "data.on_error=" + on_error});
    CHECK(result.status == 2);
    CHECK(contains(result.err, "is 3x12x10 after the transforms, but the network takes 3x8x8"));
    CHECK_FALSE(fs::exists(folder.path() / "runs"));
  }
}

TEST_CASE("a broken image file stops training with its name, or is skipped, counted and listed") {
  const TemporaryFolder folder;
  write_folder(folder);
  write_text(folder.path() / "sky/train/noon/3.png", "broken");
  write_text(folder.path() / "sky/test/noon/1.png", "broken");
  const Result stopped = run_program(folder.path(), {"train", "sky.yaml", "--threads", "1"});
  CHECK(stopped.status == 2);
  CHECK(contains(stopped.err, "sky/train/noon/3.png: is neither a JPEG nor a PNG file"));
  const Result skipped = run_program(folder.path(), {"train", "sky.yaml", "--threads", "1", "--set", "data.on_error=skip"});
  INFO(skipped.err);
  CHECK(skipped.status == 0);
  CHECK(contains(skipped.err, "skipped 2 image files that cannot be read:"));
  CHECK(contains(skipped.err, "sky/test/noon/1.png: is neither"));
  CHECK(contains(skipped.out, "on the 3 test images"));
}

TEST_CASE("a split of which no image can be read has no accuracy: eval fails, and train says why there is none") {
  const TemporaryFolder folder;
  write_folder(folder);
  for (const std::string name : {"night/0.png", "night/1.png", "noon/0.png", "noon/1.png"})
    write_text(folder.path() / "sky/test" / name, "broken");
  const Result trained = run_program(folder.path(), {"train", "sky.yaml", "--threads", "1", "--set", "data.on_error=skip"});
  INFO(trained.err);
  CHECK(trained.status == 0);
  CHECK(contains(trained.err, "none of the 4 test images can be read: there is no accuracy to tell"));
  const Result measured = run_program(folder.path(), {"eval", "runs/sky", "--threads", "1"});
  CHECK(measured.status == 2);
  CHECK(measured.out.empty());
  CHECK(contains(measured.err, "none of the 4 test images can be read: sky/test/night/0.png: is neither a JPEG nor a PNG file"));
}

}  // namespace cnnctl
