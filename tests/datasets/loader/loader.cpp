#include "datasets/loader/loader.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "datasets/loader/order.h"
#include "tests/datasets/loader/support.h"
#include "tests/datasets/support.h"
#include "tests/support/input_error.h"

namespace cnnctl {
namespace {

/// `count` images of two channels of one pixel, whose bytes are 2 i and 2 i + 1, and whose label is i.
Dataset counting(std::int64_t count) {
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(2 * count));
  std::iota(pixels.begin(), pixels.end(), std::uint8_t{0});
  std::vector<std::int32_t> labels(static_cast<std::size_t>(count));
  std::iota(labels.begin(), labels.end(), 0);
  return {.image = {2, 1, 1}, .pixels = pixels, .labels = labels, .classes = {"a", "b"}};
}

std::unique_ptr<BatchSource> load(Dataset dataset, const LoaderOptions& options = {}) {
  return make_loader(std::make_shared<const Dataset>(std::move(dataset)), options);
}

TEST_CASE("batches come in the dataset's order where nothing is shuffled, in every epoch") {
  const auto loader = load(counting(5));
  for (const int epoch : {0, 1}) {
    loader->seek(epoch, 0);
    CHECK(take(*loader, 3).labels == std::vector<std::int32_t>{0, 1, 2});
    CHECK(take(*loader, 2).labels == std::vector<std::int32_t>{3, 4});
  }
}

TEST_CASE("bytes are scaled by 1/255 as ToTensor does, to the bit") {
  Dataset dataset = counting(128);
  const Batch batch = take(*load(dataset), 128);
  for (std::size_t i = 0; i < 256; ++i) CHECK(batch.images[i] == static_cast<float>(i) / 255.0F);
}

TEST_CASE("bytes are normalized per channel after they are scaled") {
  const Batch batch = take(*load(counting(2), {.normalize = ChannelStatistics{{0.5, 0.1}, {0.25, 2}}}), 2);
  CHECK(batch.images[0] == (0.0F / 255.0F - 0.5F) / 0.25F);
  CHECK(batch.images[1] == (1.0F / 255.0F - 0.1F) / 2.0F);
  CHECK(batch.images[2] == (2.0F / 255.0F - 0.5F) / 0.25F);
  CHECK(batch.images[3] == (3.0F / 255.0F - 0.1F) / 2.0F);
}

TEST_CASE("a batch that several threads gather is the one that is gathered image by image") {
  constexpr std::size_t count = 60, pixels = 2 * 20 * 20;
  Dataset dataset = counting(count);
  dataset.image = {2, 20, 20};
  std::vector<std::uint8_t> bytes(count * pixels);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + i / pixels);
  dataset.pixels = bytes;
  const LoaderOptions options{.shuffle = true, .seed = 3, .normalize = ChannelStatistics{{0.5, 0.1}, {0.25, 2}}};
  const auto whole = load(dataset, options), single = load(dataset, options);
  const Batch batch = take(*whole, count);
  for (std::size_t i = 0; i < count; ++i) {
    const Batch one = take(*single, 1);
    CHECK(batch.labels[i] == one.labels[0]);
    CHECK(std::equal(one.images.begin(), one.images.end(), batch.images.begin() + static_cast<std::ptrdiff_t>(i * pixels)));
  }
}

TEST_CASE("floats are taken as they are") {
  Dataset dataset = counting(2);
  dataset.pixels = std::vector<float>{1.5F, -2, 3, 1e30F};
  CHECK(take(*load(dataset), 2).images == std::vector<float>{1.5F, -2, 3, 1e30F});
}

TEST_CASE("a number of means that is not that of the channels is an error that shows both") {
  const std::string message = input_error([] { load(counting(2), {.normalize = ChannelStatistics{{0.5}, {1}}}); });
  CHECK(message == "data.normalize: 1 in mean and 1 in std for images of 2 channels");
}

TEST_CASE("a shuffled epoch has every image once, with its own label") {
  const auto loader = load(counting(100), {.shuffle = true});
  Batch batch = take(*loader, 100);
  CHECK(!std::is_sorted(batch.labels.begin(), batch.labels.end()));
  for (std::size_t i = 0; i < 100; ++i) CHECK(batch.images[2 * i] == static_cast<float>(2 * batch.labels[i]) / 255.0F);
  std::sort(batch.labels.begin(), batch.labels.end());
  CHECK(batch.labels == counting(100).labels);
}

TEST_CASE("a shuffled source continues at any position of any epoch as if it had come there by itself") {
  const auto first = load(counting(50), {.shuffle = true, .seed = 9});
  first->seek(3, 0);
  take(*first, 30);
  const std::vector<std::int32_t> rest = take(*first, 20).labels;

  const auto second = load(counting(50), {.shuffle = true, .seed = 9});
  second->seek(3, 30);
  CHECK(take(*second, 20).labels == rest);
  second->seek(4, 30);
  CHECK(take(*second, 20).labels != rest);
  second->seek(3, 30);
  CHECK(take(*second, 20).labels == rest);
}

TEST_CASE("a loader says what it holds") {
  const auto loader = load(counting(5));
  CHECK(loader->size() == 5);
  CHECK(loader->image_shape() == Shape{2, 1, 1});
  CHECK(loader->classes() == 2);
  CHECK(loader->class_names() == std::vector<std::string>{"a", "b"});
}

TEST_CASE("asking for more than is left of the epoch is refused") {
  const auto loader = load(counting(5));
  take(*loader, 3);
  CHECK_THROWS_AS(take(*loader, 3), std::logic_error);
  CHECK_THROWS_AS(loader->seek(0, 6), std::logic_error);
}

TEST_CASE("an epoch's order follows from seed and epoch, the same on every machine") {
  CHECK(epoch_order(8, 1, 0) == std::vector<std::int32_t>{4, 1, 7, 5, 3, 0, 6, 2});
  CHECK(epoch_order(8, 1, 1) == std::vector<std::int32_t>{4, 7, 5, 1, 6, 0, 2, 3});
  CHECK(epoch_order(8, 2, 0) == std::vector<std::int32_t>{1, 6, 4, 7, 2, 5, 0, 3});
  CHECK(epoch_order(0, 1, 0).empty());
  CHECK(epoch_order(1, 1, 0) == std::vector<std::int32_t>{0});
}

TEST_CASE("every order of an epoch is as likely as the others") {
  constexpr int epochs = 24'000;
  std::vector<int> seen(4 * 4);  // image at place
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const std::vector<std::int32_t> order = epoch_order(4, 5, epoch);
    for (std::size_t place = 0; place < 4; ++place) ++seen[place * 4 + static_cast<std::size_t>(order[place])];
  }
  for (const int count : seen) CHECK(std::abs(count - epochs / 4) < 5 * 67);  // the standard deviation is 67
}

}  // namespace
}  // namespace cnnctl
