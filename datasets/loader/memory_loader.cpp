#include "datasets/loader/memory_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <utility>

#include "datasets/loader/chosen_images.h"
#include "datasets/loader/first_failure.h"
#include "datasets/loader/order.h"
#include "datasets/loader/pipeline.h"
#include "engine/diagnostics/diagnostic.h"

namespace cnnctl {
namespace {

constexpr std::size_t worth_threads = 16384;  // floats of a batch: fewer take less time than waking a thread

class MemoryLoader : public BatchSource {
 public:
  MemoryLoader(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options)
      : dataset_(std::move(dataset)),
        pipeline_(options.transforms, options.normalize, dataset_->image),
        order_(chosen_images(*dataset_, options), options.shuffle, options.seed),
        seed_(options.seed) {
    if (std::holds_alternative<std::vector<float>>(dataset_->pixels)) require_unchanged(options);
  }

  std::int64_t size() const override { return order_.size(); }
  Shape image_shape() const override { return pipeline_.output(); }
  int classes() const override { return static_cast<int>(dataset_->classes.size()); }
  std::vector<std::string> class_names() const override { return dataset_->classes; }
  void seek(std::int64_t epoch, std::int64_t position) override { order_.seek(epoch, position); }

  void next(std::span<float> images, std::span<std::int32_t> labels) override {
    const auto image_size = static_cast<std::size_t>(image_shape().count());
    if (images.size() != labels.size() * image_size) throw std::logic_error("a batch that does not fit the images");
    const std::int64_t epoch = order_.epoch();
    const std::span<const std::int32_t> indices = order_.take(static_cast<std::int64_t>(labels.size()));
    FirstFailure failure;
#pragma omp parallel for schedule(static) if (images.size() >= worth_threads)
    for (std::size_t i = 0; i < indices.size(); ++i) {
      labels[i] = dataset_->labels[static_cast<std::size_t>(indices[i])];
      try {
        load(indices[i], epoch, images.subspan(i * image_size, image_size));
      } catch (...) {
        failure.keep(i, std::current_exception());
      }
    }
    failure.rethrow();
  }

 private:
  /// Throws InputError where floats are to be changed.
  static void require_unchanged(const LoaderOptions& options) {
    constexpr const char* taken = "images of bytes, but these are float32, which are taken as they are";
    if (!options.transforms.empty())
      throw InputError(fmt::format("data.transforms take {}; store them as uint8, or write data.transforms: none", taken));
    if (options.normalize)
      throw InputError(fmt::format("data.normalize takes {}; normalize them before they are stored, or write data.normalize: none", taken));
  }
  /// Image `index` as it is in `epoch`, C x H x W.
  void load(std::int32_t index, std::int64_t epoch, std::span<float> to) const {
    const auto size = static_cast<std::size_t>(dataset_->image.count());
    const std::size_t start = static_cast<std::size_t>(index) * size;
    if (const auto* floats = std::get_if<std::vector<float>>(&dataset_->pixels)) {
      std::copy_n(floats->data() + start, size, to.data());
      return;
    }
    const auto bytes = std::span(std::get<std::vector<std::uint8_t>>(dataset_->pixels)).subspan(start, size);
    Random random = transform_random(seed_, epoch, index);
    if (pipeline_.keeps_bytes()) return pipeline_.write(bytes, random, to);
    Image image{dataset_->image, {bytes.begin(), bytes.end()}};
    pipeline_.transform(image, random);
    pipeline_.write(image.pixels, random, to);
  }

  std::shared_ptr<const Dataset> dataset_;
  Pipeline pipeline_;
  EpochOrder order_;
  std::uint64_t seed_;
};

}  // namespace

std::unique_ptr<BatchSource> make_memory_loader(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options) {
  return std::make_unique<MemoryLoader>(std::move(dataset), options);
}

}  // namespace cnnctl
