#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "datasets/loader/loader.h"
#include "datasets/loader/pipeline.h"

namespace cnnctl {

/// An image file, read and transformed.
struct TransformedFile {
  Image image;
  Size stored;  // what the file holds, turned as Exif says
};

/// Reads an image file and transforms its bytes; `random` then stands where Pipeline::write() goes on. Throws InputError with the path,
/// UnfitImage where it can be read, but has not a size that the transforms take.
TransformedFile read_transformed(const std::string& path, std::int64_t channels, const Pipeline& pipeline, Random& random);

/// An image on its way: its bytes, what is random in the transforms that are still to come, its label.
struct PreparedImage {
  std::vector<std::uint8_t> bytes;
  Random random{0};
  std::int32_t label = BatchSource::no_label;
};

/// Reads image files and transforms their bytes, and knows which of them could not be read. Its functions may be called from many threads
/// at once.
class FileReader {
 public:
  /// Throws UnfitImage where the first image is not of the size that the transforms take or the options say; InputError where it cannot be
  /// read and that is to stop.
  FileReader(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options);

  const Dataset& dataset() const { return *dataset_; }
  const Pipeline& pipeline() const { return pipeline_; }
  /// Of every image, after the transforms.
  const Shape& image_shape() const { return shape_; }

  /// Image `index` as it is in `epoch`. A file that cannot be read: throws InputError with its name, or does what on_error says. Throws
  /// UnfitImage whatever on_error says.
  PreparedImage read(std::int32_t index, std::int64_t epoch);

  /// The files that could not be read so far, each once, with the reason.
  std::vector<std::string> unreadable() const;

 private:
  /// read() where every failure throws.
  PreparedImage load(std::int32_t index, std::int64_t epoch) const;
  /// Nothing where the file cannot be read, which is remembered, unless that is to stop.
  std::optional<PreparedImage> try_read(std::int32_t index, std::int64_t epoch);
  /// The nearest image behind `index` that can be read, begun anew at the end.
  PreparedImage read_next(std::int32_t index, std::int64_t epoch);
  void remember(const std::string& failure);

  std::shared_ptr<const Dataset> dataset_;
  LoaderOptions options_;
  Pipeline pipeline_;
  Shape shape_;
  std::vector<std::int32_t> images_;
  mutable std::mutex mutex_;
  std::set<std::string> unreadable_;
};

}  // namespace cnnctl
