#include "datasets/loader/file_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "datasets/images/image_file.h"
#include "datasets/loader/chosen_images.h"
#include "engine/diagnostics/diagnostic.h"

namespace cnnctl {

TransformedFile read_transformed(const std::string& path, std::int64_t channels, const Pipeline& pipeline, Random& random) {
  Image image = read_image(path, channels, [&](const Shape& shape) { return pipeline.shrinks(shape, random); });
  const Shape stored = image.whole();
  try {
    pipeline.transform(image, random);
  } catch (const UnfitImage& error) {
    throw UnfitImage(fmt::format("{}: {}", path, error.what()));
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", path, error.what()));
  }
  return {std::move(image), {stored.height, stored.width}};
}

FileReader::FileReader(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options)
    : dataset_(std::move(dataset)),
      options_(options),
      pipeline_(options.transforms, options.normalize, dataset_->image),
      shape_(pipeline_.output()),
      images_(chosen_images(*dataset_, options)) {
  if (shape_.height == 0) shape_.height = options.size.height;
  if (shape_.width == 0) shape_.width = options.size.width;
  // Now rather than in the first epoch: images that do not fit the network are known before anything is spent.
  if (!images_.empty()) try_read(images_.front(), 0);
}

PreparedImage FileReader::load(std::int32_t index, std::int64_t epoch) const {
  const auto& files = std::get<ImageFiles>(dataset_->pixels);
  const std::string path = files.path(static_cast<std::size_t>(index));
  PreparedImage prepared{{}, transform_random(options_.seed, epoch, index), dataset_->labels[static_cast<std::size_t>(index)]};
  Image image = read_transformed(path, files.channels(), pipeline_, prepared.random).image;
  if (!(image.shape == shape_))
    throw UnfitImage(
        fmt::format("{}: is {} after the transforms, but the network takes {}\n  hint: give data.transforms a resize, as "
                    "train: [{{resize: {{size: [{}, {}]}}}}], and the same for test",
                    path, to_string(image.shape), to_string(shape_), shape_.height, shape_.width));
  prepared.bytes = std::move(image.pixels);
  return prepared;
}

std::optional<PreparedImage> FileReader::try_read(std::int32_t index, std::int64_t epoch) {
  try {
    return load(index, epoch);
  } catch (const UnfitImage&) {
    throw;
  } catch (const InputError& error) {
    if (options_.on_error == LoaderOptions::OnError::stop) throw;
    remember(error.what());
    return std::nullopt;
  }
}

PreparedImage FileReader::read(std::int32_t index, std::int64_t epoch) {
  if (std::optional<PreparedImage> image = try_read(index, epoch)) return *std::move(image);
  if (options_.on_error == LoaderOptions::OnError::replace) return read_next(index, epoch);
  PreparedImage nothing;
  nothing.bytes.resize(static_cast<std::size_t>(shape_.count()));
  return nothing;
}

PreparedImage FileReader::read_next(std::int32_t index, std::int64_t epoch) {
  const auto start = static_cast<std::size_t>(std::lower_bound(images_.begin(), images_.end(), index) - images_.begin());
  for (std::size_t i = 1; i < images_.size(); ++i)
    if (std::optional<PreparedImage> image = try_read(images_[(start + i) % images_.size()], epoch)) return *std::move(image);
  throw InputError(fmt::format("none of {} images can be read: {}", images_.size(), unreadable().front()));
}

void FileReader::remember(const std::string& failure) {
  const std::lock_guard guard(mutex_);
  unreadable_.insert(failure);
}

std::vector<std::string> FileReader::unreadable() const {
  const std::lock_guard guard(mutex_);
  return {unreadable_.begin(), unreadable_.end()};
}

}  // namespace cnnctl
