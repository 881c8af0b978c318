#include <numeric>

#include "datasets/loader/loader.h"
#include "datasets/loader/pipeline.h"
#include "tests/datasets/loader/support.h"
#include "tests/datasets/transforms/support.h"
#include "tests/support/input_error.h"
#include "tests/support/with_threads.h"

namespace cnnctl {
namespace {

constexpr std::int64_t count = 24;

std::shared_ptr<const Dataset> colored_images() {
  const Shape shape{3, 18, 18};
  Dataset dataset;
  dataset.image = shape;
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(count * shape.count()));
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i * 31 + i / 18);
  dataset.pixels = std::move(pixels);
  dataset.labels.resize(count);
  dataset.classes = {"a"};
  return std::make_shared<const Dataset>(std::move(dataset));
}

std::vector<Selection> selections(const std::vector<std::string>& items) {
  std::vector<Selection> result;
  for (const std::string& item : items) result.push_back(select_transform(item));
  return result;
}

LoaderOptions augmenting() {
  LoaderOptions options{.shuffle = true, .seed = 5};
  options.transforms = selections({"random_crop: {size: 16, padding: 2}", "horizontal_flip", "trivial_augment_wide",
                                   "normalize: {mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2]}", "random_erasing"});
  return options;
}

std::string config_error_of(const std::vector<std::string>& items, const std::optional<ChannelStatistics>& normalize = std::nullopt) {
  try {
    const Pipeline pipeline(selections(items), normalize, {3, 18, 18});
  } catch (const ConfigError& error) {
    return error.what();
  }
  FAIL_CHECK("no ConfigError");
  return "";
}

}  // namespace

TEST_CASE("what is random in transforms follows from seed, epoch and image, whatever the threads and wherever an epoch is entered") {
  const auto images = colored_images();
  const auto first = make_loader(images, augmenting()), second = make_loader(images, augmenting());
  const auto taken = [](BatchSource& source, std::int64_t position, int threads) {
    const WithThreads with(threads);
    source.seek(3, position);
    return take(source, count - position).images;
  };
  const std::vector<float> whole = taken(*first, 0, 1), rest = taken(*second, 10, 4);
  const auto skipped = static_cast<std::ptrdiff_t>(10 * first->image_shape().count());
  CHECK(std::equal(rest.begin(), rest.end(), whole.begin() + skipped, whole.end()));
}

TEST_CASE("another epoch and another seed change what is random in transforms") {
  LoaderOptions options = augmenting();
  options.shuffle = false;
  const auto images = colored_images();
  const auto loader = make_loader(images, options);
  loader->seek(0, 0);
  const std::vector<float> first = take(*loader, count).images;
  loader->seek(1, 0);
  CHECK(take(*loader, count).images != first);
  loader->seek(0, 0);
  CHECK(take(*loader, count).images == first);
  options.seed = 6;
  CHECK(take(*make_loader(images, options), count).images != first);
}

TEST_CASE("a loader's images have the shape that the transforms make") {
  LoaderOptions options;
  options.transforms = selections({"resize: {size: 12}", "center_crop: {size: [10, 8]}", "grayscale"});
  CHECK(make_loader(colored_images(), options)->image_shape() == Shape{1, 10, 8});
}

TEST_CASE("normalize among the transforms does what data.normalize does") {
  const ChannelStatistics statistics{{0.1, 0.2, 0.3}, {0.5, 0.6, 0.7}};
  LoaderOptions listed, set;
  listed.transforms = selections({"vertical_flip: {p: 1}", "normalize: {mean: [0.1, 0.2, 0.3], std: [0.5, 0.6, 0.7]}"});
  set.transforms = selections({"vertical_flip: {p: 1}"});
  set.normalize = statistics;
  CHECK(take(*make_loader(colored_images(), listed), count).images == take(*make_loader(colored_images(), set), count).images);
}

TEST_CASE("transforms in an order that cannot be are errors that point at them") {
  const std::string normalize = "normalize: {mean: [0, 0, 0], std: [1, 1, 1]}";
  CHECK(contains(config_error_of({"random_erasing", "horizontal_flip"}),
                 "test.yaml:1:1: error: horizontal_flip stands behind random_erasing"));
  CHECK(contains(config_error_of({"random_erasing", normalize}), "normalize stands behind random_erasing"));
  CHECK(contains(config_error_of({normalize, "grayscale"}), "grayscale stands behind normalize"));
  CHECK(contains(config_error_of({normalize, normalize}), "images are normalized twice"));
  CHECK(contains(config_error_of({normalize}, ChannelStatistics{{0, 0, 0}, {1, 1, 1}}), "images are normalized twice"));
}

TEST_CASE("images that transforms cannot take are found before anything is trained") {
  CHECK(contains(config_error_of({"random_crop: {size: 20}"}),
                 "test.yaml:1:1: error: random_crop: 20x20 pixels do not fit into an image of 18x18"));
  CHECK(contains(config_error_of({"normalize: {mean: [0], std: [1, 1, 1]}"}),
                 "test.yaml:1:1: error: normalize: 1 in mean and 3 in std for images of 3 channels"));
}

TEST_CASE("floats are neither transformed nor normalized: asking for it is an error that says what to do") {
  const auto floats =
      std::make_shared<const Dataset>(Dataset{.image = {1, 2, 2}, .pixels = std::vector<float>(4), .labels = {0}, .classes = {}});
  LoaderOptions transforming, normalizing;
  transforming.transforms = selections({"horizontal_flip"});
  CHECK(contains(input_error([&] { make_loader(floats, transforming); }), "store them as uint8, or write data.transforms: none"));
  normalizing.normalize = ChannelStatistics{{0.5}, {0.25}};
  CHECK(contains(input_error([&] { make_loader(floats, normalizing); }),
                 "normalize them before they are stored, or write data.normalize: none"));
}

}  // namespace cnnctl
