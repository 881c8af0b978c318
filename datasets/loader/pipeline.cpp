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

/// The shape that images of `in` get. Fails at the transform's place where it cannot take them.
Shape shape_after(const Transform& transform, const Shape& in, const Place& place) {
  if (!transform.shape) return in;
  try {
    return transform.shape(in);
  } catch (const InputError& error) {
    fail_at(place, error.what());
  }
}

/// What is wrong with the number of means and deviations; "" where there is one for each channel.
std::string wrong_count(const ChannelStatistics& statistics, std::int64_t channels) {
  const std::size_t means = statistics.means.size(), deviations = statistics.deviations.size(), wanted = static_cast<std::size_t>(channels);
  if (means == wanted && deviations == wanted) return "";
  return fmt::format("normalize: {} in mean and {} in std for images of {} channel{}", means, deviations, channels,
                     channels == 1 ? "" : "s");
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
    output_ = shape_after(transform, output_, selection.place);
    if (transform.statistics) {
      if (const std::string wrong = wrong_count(*transform.statistics, output_.channels); !wrong.empty()) fail_at(selection.place, wrong);
      normalization_ = transform.statistics;
    }
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
  if (const std::string wrong = wrong_count(*normalization_, output_.channels); !wrong.empty()) throw InputError("data." + wrong);
  const std::vector<double>&means = normalization_->means, &deviations = normalization_->deviations;
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
