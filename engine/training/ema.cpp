#include "engine/training/ema.h"

#include <algorithm>

#include "engine/runtime/vectorize.h"
#include "engine/training/optimizers/parallel.h"

namespace cnnctl {
namespace {

/// In this form what never changes stays as it is to the bit.
CNNCTL_VECTORIZE void move_towards(float* __restrict__ averages, const float* __restrict__ values, std::size_t count, float share) {
  for (std::size_t i = 0; i < count; ++i) averages[i] += share * (values[i] - averages[i]);
}

void average(std::span<float> averages, std::span<const float> values, double share) {
  for_each_chunk(averages.size(), [&](std::size_t begin, std::size_t end) {
    move_towards(averages.data() + begin, values.data() + begin, end - begin, static_cast<float>(share));
  });
}

void swap_values(std::span<float> a, std::span<float> b) {
  for_each_chunk(a.size(),
                 [&](std::size_t begin, std::size_t end) { std::swap_ranges(a.data() + begin, a.data() + end, b.data() + begin); });
}

}  // namespace

Ema::Ema(Model& model, double decay)
    : model_(model), decay_(decay), weights_(model.trainable_values().size()), others_(model.untrained_values().size()) {}

void Ema::update() {
  if (updates_ == 0) return take_averages(1);
  average(weights_, model_.trainable_values(), 1 - decay_);
  average(others_, model_.untrained_values(), 1 - decay_);
  ++updates_;
}

void Ema::take_averages(std::int64_t updates) {
  const std::span<const float> weights = model_.trainable_values(), others = model_.untrained_values();
  std::copy(weights.begin(), weights.end(), weights_.begin());
  std::copy(others.begin(), others.end(), others_.begin());
  updates_ = updates;
}

void Ema::hold(Held what) {
  if (what == held_ || updates_ == 0) return;  // before the first update there is no average
  swap_values(weights_, model_.trainable_values());
  swap_values(others_, model_.untrained_values());
  model_.values_replaced();
  held_ = what;
}

}  // namespace cnnctl
