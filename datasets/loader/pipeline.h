#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "datasets/transforms/transform.h"

namespace cnnctl {

/// What images go through between the dataset and the network: transforms of bytes, then scaling to [0, 1] and normalization, then
/// transforms of floats. Its functions may be called from many threads at once.
class Pipeline {
 public:
  /// For images of shape `in`, in which a height or width of 0 stands for one that differs from image to image. `normalize` comes from
  /// data.normalize. Throws ConfigError, which points at the transform that stands in the wrong place, or that cannot take what comes to it
  /// from images of `in`; InputError where data.normalize has another number of means or deviations than there are channels.
  Pipeline(const std::vector<Selection>& transforms, const std::optional<ChannelStatistics>& normalize, const Shape& in);

  /// The shape of what comes out, with 0 as in the constructor.
  const Shape& output() const { return output_; }
  /// What bytes, scaled to [0, 1], are normalized with; nothing where they are not.
  const std::optional<ChannelStatistics>& normalization() const { return normalization_; }
  /// Whether bytes come to be scaled as the dataset holds them.
  bool keeps_bytes() const { return byte_transforms_.empty(); }

  /// The transforms of bytes. `random` then stands where write() goes on.
  void transform(Image& image, Random& random) const;

  /// Scales, normalizes and transforms the floats; C x H x W of output().
  void write(std::span<const std::uint8_t> bytes, Random& random, std::span<float> to) const;

  /// How many times smaller the first transform makes an image of `in`, with the random numbers that transform() will draw; 1 where the
  /// image is needed whole.
  double shrinks(const Shape& in, const Random& random) const;

 private:
  /// What each of the 256 byte values becomes in a channel.
  using ByteTable = std::array<float, 256>;

  static ByteTable byte_table(float mean, float deviation);
  void make_tables();

  std::vector<Transform> byte_transforms_;
  std::vector<Transform> float_transforms_;
  std::optional<ChannelStatistics> normalization_;
  std::vector<ByteTable> tables_;  // one a channel
  Shape output_;
};

}  // namespace cnnctl
