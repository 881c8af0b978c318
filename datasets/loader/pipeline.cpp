#include "datasets/loader/pipeline.h"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace cnnctl {
namespace {

/// The parts of a pipeline, in their order.
enum class Phase { bytes, normalization, floats };

Phase phase_of(const Transform& transform) {
  if (transform.statistics) return Phase::normalization;
  return transform.floats ? Phase::floats : Phase::bytes;
}

}  // namespace

Pipeline::Pipeline(const std::vector<Selection>& transforms, const std::optional<ChannelStatistics>& normalize, const Shape& in)
    : normalization_(normalize), output_(in) {
  const Selection* previous = nullptr;
  Phase reached = Phase::bytes;
  for (const Selection& selection : transforms) {
    Transform transform = make_transform(selection);
    const Phase phase = phase_of(transform);
    if (phase < reached)
      fail_at(selection.place, fmt::format("{} stands behind {}", selection.type, previous->type),
              "the order is: what changes bytes, then normalize, then random_erasing");
    if (phase == Phase::normalization && normalization_)
      fail_at(selection.place, "images are normalized twice", "keep one of data.normalize and the transforms named normalize");
    if (transform.shape) output_ = transform.shape(output_);
    if (transform.statistics) normalization_ = transform.statistics;
    if (phase != Phase::normalization) (phase == Phase::bytes ? byte_transforms_ : float_transforms_).push_back(std::move(transform));
    reached = phase;
    previous = &selection;
  }
  make_tables();
}

// In float as torchvision's ToTensor and Normalize compute it, so that the same bytes give the same bits.
Pipeline::ByteTable Pipeline::byte_table(float mean, float deviation) {
  ByteTable table{};
  for (std::size_t byte = 0; byte < table.size(); ++byte) table[byte] = (static_cast<float>(byte) / 255.0F - mean) / deviation;
  return table;
}

void Pipeline::make_tables() {
  const auto channels = static_cast<std::size_t>(output_.channels);
  if (!normalization_) {
    tables_.assign(channels, byte_table(0.0F, 1.0F));
    return;
  }
  const std::vector<double>&means = normalization_->means, &deviations = normalization_->deviations;
  if (means.size() != channels || deviations.size() != channels)
    throw InputError(fmt::format("data.normalize: {} in mean and {} in std for images of {} channel{}", means.size(), deviations.size(),
                                 channels, channels == 1 ? "" : "s"));
  for (std::size_t c = 0; c < channels; ++c) tables_.push_back(byte_table(static_cast<float>(means[c]), static_cast<float>(deviations[c])));
}

void Pipeline::transform(Image& image, Random& random) const {
  for (const Transform& transform : byte_transforms_) transform.bytes(image, random);
}

void Pipeline::write(std::span<const std::uint8_t> bytes, Random& random, std::span<float> to) const {
  const std::size_t plane = bytes.size() / tables_.size();
  for (std::size_t c = 0; c < tables_.size(); ++c) {
    const ByteTable& table = tables_[c];
    const std::uint8_t* const from = bytes.data() + c * plane;
    float* const values = to.data() + c * plane;
    for (std::size_t i = 0; i < plane; ++i) values[i] = table[from[i]];
  }
  for (const Transform& transform : float_transforms_) transform.floats(to, output_, random);
}

double Pipeline::shrinks(const Shape& in, const Random& random) const {
  if (byte_transforms_.empty() || !byte_transforms_.front().shrinks) return 1;
  return byte_transforms_.front().shrinks(in, random);
}

}  // namespace cnnctl
