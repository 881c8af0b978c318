#include "datasets/loader/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "datasets/random.h"
#include "engine/diagnostics/diagnostic.h"

namespace cnnctl {
namespace {

constexpr std::size_t worth_threads = 16384;  // floats of a batch: fewer take less time than waking a thread

/// What each of the 256 byte values becomes in a channel.
using ByteTable = std::array<float, 256>;

/// In float as torchvision's ToTensor and Normalize compute it, so that the same bytes give the same bits.
ByteTable byte_table(float mean, float standard_deviation) {
  ByteTable table{};
  for (std::size_t byte = 0; byte < table.size(); ++byte) table[byte] = (static_cast<float>(byte) / 255.0F - mean) / standard_deviation;
  return table;
}

std::vector<ByteTable> byte_tables(std::int64_t channels, const LoaderOptions& options) {
  if (options.mean.empty() && options.standard_deviation.empty())
    return std::vector<ByteTable>(static_cast<std::size_t>(channels), byte_table(0.0F, 1.0F));
  if (static_cast<std::int64_t>(options.mean.size()) != channels || options.mean.size() != options.standard_deviation.size())
    throw InputError(fmt::format("data.normalize: {} in mean and {} in std for images of {} channel{}", options.mean.size(),
                                 options.standard_deviation.size(), channels, channels == 1 ? "" : "s"));
  std::vector<ByteTable> tables;
  for (std::size_t c = 0; c < options.mean.size(); ++c)
    tables.push_back(byte_table(static_cast<float>(options.mean[c]), static_cast<float>(options.standard_deviation[c])));
  return tables;
}

void copy_image(std::span<const std::uint8_t> from, const std::vector<ByteTable>& tables, std::span<float> to) {
  const std::size_t plane = from.size() / tables.size();
  for (std::size_t c = 0; c < tables.size(); ++c) {
    const ByteTable& table = tables[c];
    const std::uint8_t* const bytes = from.data() + c * plane;
    float* const values = to.data() + c * plane;
    for (std::size_t i = 0; i < plane; ++i) values[i] = table[bytes[i]];
  }
}

void copy_image(std::span<const float> from, const std::vector<ByteTable>&, std::span<float> to) {
  std::copy(from.begin(), from.end(), to.begin());
}

/// Gathers on the threads that compute, in the moment before they need the batch. Threads of its own would take a core from them for as
/// long as they work, and every primitive would wait for the one that lost it; so a batch costs its work over all cores, and nothing waits.
class MemoryLoader : public BatchSource {
 public:
  MemoryLoader(Dataset dataset, const LoaderOptions& options)
      : dataset_(std::move(dataset)),
        tables_(byte_tables(dataset_.image.channels, options)),
        shuffle_(options.shuffle),
        seed_(options.seed) {
    seek(0, 0);
  }

  std::int64_t size() const override { return dataset_.size(); }
  Shape image_shape() const override { return dataset_.image; }
  int classes() const override { return static_cast<int>(dataset_.classes.size()); }
  std::vector<std::string> class_names() const override { return dataset_.classes; }

  void seek(std::int64_t epoch, std::int64_t position) override {
    if (position < 0 || position > size()) throw std::logic_error("a position outside of the dataset");
    position_ = position;
    if (epoch == epoch_ || (epoch_ >= 0 && !shuffle_)) return;
    epoch_ = epoch;
    if (shuffle_) {
      order_ = epoch_order(size(), seed_, epoch);
    } else {
      order_.resize(dataset_.labels.size());
      std::iota(order_.begin(), order_.end(), 0);
    }
  }

  void next(std::span<float> images, std::span<std::int32_t> labels) override {
    const auto count = static_cast<std::int64_t>(labels.size());
    const auto image_size = static_cast<std::size_t>(dataset_.image.count());
    if (images.size() != labels.size() * image_size || count > size() - position_)
      throw std::logic_error("a batch that does not fit the images or what is left of the epoch");
    const auto first = static_cast<std::size_t>(position_);
    const std::span<const std::int32_t> indices = std::span(order_).subspan(first, labels.size());
    std::visit(
        [&](const auto& pixels) {
#pragma omp parallel for schedule(static) if (images.size() >= worth_threads)
          for (std::size_t i = 0; i < indices.size(); ++i) {
            const auto index = static_cast<std::size_t>(indices[i]);
            copy_image(std::span(pixels).subspan(index * image_size, image_size), tables_, images.subspan(i * image_size, image_size));
            labels[i] = dataset_.labels[index];
          }
        },
        dataset_.pixels);
    position_ += count;
  }

 private:
  Dataset dataset_;
  std::vector<ByteTable> tables_;  // one a channel
  bool shuffle_;
  std::uint64_t seed_;
  std::vector<std::int32_t> order_;  // of epoch_
  std::int64_t epoch_ = -1;
  std::int64_t position_ = 0;
};

}  // namespace

std::unique_ptr<BatchSource> make_loader(Dataset dataset, LoaderOptions options) {
  return std::make_unique<MemoryLoader>(std::move(dataset), options);
}

std::vector<std::int32_t> epoch_order(std::int64_t count, std::uint64_t seed, std::int64_t epoch) {
  std::vector<std::int32_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  Random random(seed, static_cast<std::uint64_t>(epoch));
  for (std::size_t left = order.size(); left > 1; --left) std::swap(order[left - 1], order[random.below(static_cast<std::uint32_t>(left))]);
  return order;
}

}  // namespace cnnctl
