#include "datasets/statistics.h"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "datasets/loader/chosen_images.h"
#include "datasets/loader/file_reader.h"
#include "datasets/loader/first_failure.h"
#include "datasets/loader/pipeline.h"
#include "engine/diagnostics/diagnostic.h"

namespace cnnctl {
namespace {

/// How often each number occurs.
using Frequencies = std::map<std::int64_t, std::int64_t>;

/// How often each byte occurs in a channel.
using Histogram = std::array<std::int64_t, 256>;

/// What was counted in some of the images. All of it are whole numbers, so neither the threads nor their order change a sum.
struct Counts {
  Counts(std::size_t class_count, std::size_t channel_count) : classes(class_count), channels(channel_count) {}

  void add(std::int32_t label, const Size& stored) {
    ++classes.at(static_cast<std::size_t>(label));
    ++heights[stored.height];
    ++widths[stored.width];
  }
  void add(std::span<const std::uint8_t> pixels) {
    const std::size_t plane = pixels.size() / channels.size();
    for (std::size_t c = 0; c < channels.size(); ++c)
      for (const std::uint8_t byte : pixels.subspan(c * plane, plane)) ++channels[c][byte];
  }
  void add(const Counts& other) {
    for (std::size_t i = 0; i < classes.size(); ++i) classes[i] += other.classes[i];
    for (const auto& [height, count] : other.heights) heights[height] += count;
    for (const auto& [width, count] : other.widths) widths[width] += count;
    for (std::size_t c = 0; c < channels.size(); ++c)
      for (std::size_t byte = 0; byte < channels[c].size(); ++byte) channels[c][byte] += other.channels[c][byte];
    unreadable.insert(other.unreadable.begin(), other.unreadable.end());
  }

  std::vector<std::int64_t> classes;
  Frequencies heights, widths;
  std::vector<Histogram> channels;
  std::set<std::string> unreadable;
};

/// Counts image by image.
class Counter {
 public:
  Counter(const Dataset& dataset, const LoaderOptions& options)
      : dataset_(dataset), options_(options), pipeline_(options.transforms, std::nullopt, dataset.image) {}

  Counts empty() const {
    const auto named = dataset_.classes.size(), used = static_cast<std::size_t>(largest_label(dataset_) + 1);
    return {std::max(named, used), static_cast<std::size_t>(pipeline_.output().channels)};
  }

  void count(std::int32_t index, Counts& counts) const {
    Random random = transform_random(options_.seed, 0, index);
    const std::int32_t label = dataset_.labels[static_cast<std::size_t>(index)];
    if (const auto* files = std::get_if<ImageFiles>(&dataset_.pixels)) return count_file(*files, index, random, counts);
    counts.add(label, {dataset_.image.height, dataset_.image.width});
    const auto* bytes = std::get_if<std::vector<std::uint8_t>>(&dataset_.pixels);
    if (bytes == nullptr) return;
    const auto size = static_cast<std::size_t>(dataset_.image.count());
    const auto pixels = std::span(*bytes).subspan(static_cast<std::size_t>(index) * size, size);
    if (pipeline_.keeps_bytes()) return counts.add(pixels);
    Image image{dataset_.image, {pixels.begin(), pixels.end()}};
    pipeline_.transform(image, random);
    counts.add(image.pixels);
  }

 private:
  void count_file(const ImageFiles& files, std::int32_t index, Random& random, Counts& counts) const try {
    const TransformedFile file = read_transformed(files.path(static_cast<std::size_t>(index)), files.channels(), pipeline_, random);
    counts.add(dataset_.labels[static_cast<std::size_t>(index)], file.stored);
    counts.add(file.image.pixels);
  } catch (const UnfitImage&) {
    throw;
  } catch (const InputError& error) {
    if (options_.on_error == LoaderOptions::OnError::stop) throw;
    counts.unreadable.insert(error.what());
  }

  const Dataset& dataset_;
  const LoaderOptions& options_;
  Pipeline pipeline_;
};

Counts count_images(const Dataset& dataset, const LoaderOptions& options, const std::vector<std::int32_t>& images) {
  const Counter counter(dataset, options);
  std::vector<Counts> parts(static_cast<std::size_t>(omp_get_max_threads()), counter.empty());
  FirstFailure failure;
#pragma omp parallel for schedule(dynamic, 8)
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (failure.is_before(i)) continue;
    try {
      counter.count(images[i], parts[static_cast<std::size_t>(omp_get_thread_num())]);
    } catch (...) {
      failure.keep(i, std::current_exception());
    }
  }
  failure.rethrow();
  Counts sum = counter.empty();
  for (const Counts& part : parts) sum.add(part);
  return sum;
}

Extent extent_of(const Frequencies& frequencies, std::int64_t total) {
  std::int64_t left = (total + 1) / 2;
  const auto middle = std::find_if(frequencies.begin(), frequencies.end(), [&](const auto& each) { return (left -= each.second) <= 0; });
  return {frequencies.begin()->first, middle->first, frequencies.rbegin()->first};
}

ChannelStatistics statistics_of(const std::vector<Histogram>& channels) {
  ChannelStatistics result;
  for (const Histogram& histogram : channels) {
    double count = 0, sum = 0, squares = 0;
    for (std::size_t byte = 0; byte < histogram.size(); ++byte) {
      count += static_cast<double>(histogram[byte]);
      sum += static_cast<double>(byte) * static_cast<double>(histogram[byte]);
    }
    const double mean = sum / count;
    for (std::size_t byte = 0; byte < histogram.size(); ++byte)
      squares += std::pow(static_cast<double>(byte) - mean, 2) * static_cast<double>(histogram[byte]);
    result.means.push_back(mean / 255);
    result.deviations.push_back(std::sqrt(squares / count) / 255);
  }
  return result;
}

/// Calls `use` with every pixel of a channel, as a double.
template <class Use>
void for_each_pixel(const std::vector<float>& pixels, const Shape& image, const std::vector<std::int32_t>& images, std::int64_t channel,
                    const Use& use) {
  const std::int64_t plane = image.height * image.width;
  for (const std::int32_t index : images)
    for (std::int64_t i = 0; i < plane; ++i)
      use(static_cast<double>(pixels[static_cast<std::size_t>(index * image.count() + channel * plane + i)]));
}

ChannelStatistics statistics_of(const std::vector<float>& pixels, const Shape& image, const std::vector<std::int32_t>& images) {
  ChannelStatistics result;
  const double count = static_cast<double>(images.size()) * static_cast<double>(image.height * image.width);
  for (std::int64_t c = 0; c < image.channels; ++c) {
    double sum = 0, squares = 0;
    for_each_pixel(pixels, image, images, c, [&](double pixel) { sum += pixel; });
    for_each_pixel(pixels, image, images, c, [&](double pixel) { squares += std::pow(pixel - sum / count, 2); });
    result.means.push_back(sum / count);
    result.deviations.push_back(std::sqrt(squares / count));
  }
  return result;
}

}  // namespace

ImageStatistics image_statistics(const Dataset& dataset, const LoaderOptions& options) {
  const std::vector<std::int32_t> images = chosen_images(dataset, options);
  Counts counts = count_images(dataset, options, images);
  ImageStatistics result;
  result.class_counts = std::move(counts.classes);
  for (const std::int64_t count : result.class_counts) result.images += count;
  result.unreadable = {counts.unreadable.begin(), counts.unreadable.end()};
  if (result.images == 0)
    throw InputError(result.unreadable.empty()
                         ? std::string("there are no images")
                         : fmt::format("none of {} images can be read: {}", images.size(), result.unreadable.front()));
  result.height = extent_of(counts.heights, result.images);
  result.width = extent_of(counts.widths, result.images);
  const auto* floats = std::get_if<std::vector<float>>(&dataset.pixels);
  result.channels = floats != nullptr ? statistics_of(*floats, dataset.image, images) : statistics_of(counts.channels);
  return result;
}

}  // namespace cnnctl
