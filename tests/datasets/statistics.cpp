#include "datasets/statistics.h"

#include <cmath>
#include <filesystem>

#include "datasets/images/png.h"
#include "tests/datasets/support.h"
#include "tests/datasets/transforms/support.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

namespace fs = std::filesystem;

/// Writes an image whose channels hold one value each.
void write_image(const TemporaryFolder& root, const std::string& name, const Shape& shape, const std::vector<std::uint8_t>& values) {
  fs::create_directories((root.path() / name).parent_path());
  Image image = make_image(shape);
  for (std::int64_t c = 0; c < 3; ++c) std::fill(image.plane(c).begin(), image.plane(c).end(), values[static_cast<std::size_t>(c)]);
  write_text(root.path() / name, encode_png(image));
}

Dataset open(const TemporaryFolder& root) {
  return load_dataset(select_dataset("image_folder: {root: " + root.path().string() + "}"), Split::train, 1);
}

}  // namespace

TEST_CASE("mean and deviation of bytes are those of all pixels of a channel, scaled to [0, 1]") {
  const Dataset dataset{
      .image = {2, 1, 2}, .pixels = std::vector<std::uint8_t>{0, 255, 7, 7, 255, 255, 7, 7}, .labels = {1, 1}, .classes = {"a", "b", "c"}};
  const ImageStatistics statistics = image_statistics(dataset, {});
  CHECK(statistics.images == 2);
  CHECK(statistics.class_counts == std::vector<std::int64_t>{0, 2, 0});
  CHECK(statistics.channels.means[0] == doctest::Approx(0.75));
  CHECK(statistics.channels.deviations[0] == doctest::Approx(std::sqrt(0.75 * 0.25)));
  CHECK(statistics.channels.means[1] == doctest::Approx(7.0 / 255));
  CHECK(statistics.channels.deviations[1] == doctest::Approx(0).epsilon(1e-12));
  CHECK(statistics.height.median == 1);
  CHECK(statistics.width.greatest == 2);
}

TEST_CASE("mean and deviation of floats are those of their values, however far from 0") {
  const Dataset dataset{.image = {1, 1, 2}, .pixels = std::vector<float>{10001, 10003, 10005, 10003}, .labels = {0, 2}, .classes = {}};
  const ImageStatistics statistics = image_statistics(dataset, {});
  CHECK(statistics.class_counts == std::vector<std::int64_t>{1, 0, 1});
  CHECK(statistics.channels.means == std::vector<double>{10003});
  CHECK(statistics.channels.deviations[0] == doctest::Approx(std::sqrt(2.0)));
}

TEST_CASE("statistics are of the chosen images alone") {
  const Dataset dataset{
      .image = {1, 1, 1}, .pixels = std::vector<std::uint8_t>{0, 51, 255, 102}, .labels = {0, 0, 1, 1}, .classes = {"a", "b"}};
  const ImageStatistics statistics = image_statistics(dataset, {.images = {1, 3}});
  CHECK(statistics.class_counts == std::vector<std::int64_t>{1, 1});
  CHECK(statistics.channels.means[0] == doctest::Approx(0.3));
}

TEST_CASE("statistics of files are of their pixels behind the transforms, their sizes those stored") {
  const TemporaryFolder root;
  write_image(root, "train/cat/1.png", {3, 20, 30}, {0, 51, 255});
  write_image(root, "train/cat/2.png", {3, 40, 30}, {255, 51, 0});
  write_image(root, "train/dog/1.png", {3, 24, 90}, {0, 51, 0});
  LoaderOptions options;
  const ImageStatistics whole = image_statistics(open(root), options);
  CHECK(whole.channels.means[0] == doctest::Approx(1200.0 / (600 + 1200 + 2160)));
  CHECK(whole.channels.means[1] == doctest::Approx(0.2));
  options.transforms = {select_transform("resize: {size: [8, 8]}")};
  const ImageStatistics resized = image_statistics(open(root), options);
  CHECK(resized.class_counts == std::vector<std::int64_t>{2, 1});
  CHECK(resized.channels.means[0] == doctest::Approx(1.0 / 3));
  CHECK(resized.channels.deviations[0] == doctest::Approx(std::sqrt(2.0) / 3));
  CHECK(resized.height.least == 20);
  CHECK(resized.height.median == 24);
  CHECK(resized.height.greatest == 40);
  CHECK(resized.width.median == 30);
  options.transforms.push_back(select_transform("grayscale"));
  CHECK(image_statistics(open(root), options).channels.means.size() == 1);
}

TEST_CASE("a file that cannot be read stops the statistics with its name, or is left out and listed") {
  const TemporaryFolder root;
  for (int i = 0; i < 30; ++i) write_image(root, "train/cat/" + std::to_string(10 + i) + ".png", {3, 2, 2}, {9, 9, 9});
  for (const char* name : {"train/cat/12.png", "train/cat/30.png"}) write_text(root.path() / name, "broken");
  CHECK(contains(input_error([&] { image_statistics(open(root), {}); }), "train/cat/12.png: is neither a JPEG nor a PNG file"));
  LoaderOptions options;
  options.on_error = LoaderOptions::OnError::leave_out;
  const ImageStatistics statistics = image_statistics(open(root), options);
  CHECK(statistics.images == 28);
  CHECK(statistics.class_counts == std::vector<std::int64_t>{28});
  REQUIRE(statistics.unreadable.size() == 2);
  CHECK(contains(statistics.unreadable[1], "train/cat/30.png"));
  options.images = {2};
  CHECK(contains(input_error([&] { image_statistics(open(root), options); }), "none of 1 images can be read"));
}

}  // namespace cnnctl
