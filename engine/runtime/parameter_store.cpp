#include "engine/runtime/parameter_store.h"

#include <stdexcept>

#include <fmt/format.h>

#include "engine/graph/arena.h"
#include "engine/runtime/layout.h"

namespace cnnctl {
namespace {

constexpr auto kFloatBytes = static_cast<std::int64_t>(sizeof(float));

std::size_t bytes(std::int64_t floats) { return static_cast<std::size_t>(floats * kFloatBytes); }

float* floats(const AlignedMemory& memory) { return reinterpret_cast<float*>(memory.data()); }

}  // namespace

ParameterStore::ParameterStore(const Graph& graph) {
  for (const Parameter& parameter : graph.parameters)
    slots_.push_back({std::nullopt, parameter.count(), 0, parameter.trainable, parameter.dims});
}

const Desc& ParameterStore::settle(ParameterId id, const Desc& wanted) {
  Slot& settled = slots_[static_cast<std::size_t>(id)];
  if (!settled.desc) settled.desc = wanted;
  return *settled.desc;
}

void ParameterStore::allocate() {
  for (Slot& s : slots_) {
    if (!s.desc) s.desc = plain_desc(s.dims);
    std::int64_t& end = s.trainable ? trainable_count_ : untrained_count_;
    s.offset = end;
    end += in_whole_lines(count_floats(*s.desc) * kFloatBytes) / kFloatBytes;
  }
  values_ = AlignedMemory(bytes(trainable_count_));
  untrained_ = AlignedMemory(bytes(untrained_count_));
}

float* ParameterStore::value(ParameterId id) { return floats(slot(id).trainable ? values_ : untrained_) + slot(id).offset; }

const float* ParameterStore::value(ParameterId id) const { return floats(slot(id).trainable ? values_ : untrained_) + slot(id).offset; }

void ParameterStore::set_plain(ParameterId id, std::span<const float> values) {
  if (static_cast<std::int64_t>(values.size()) != slot(id).count)
    throw std::invalid_argument(fmt::format("parameter {} has {} elements, not {}", id, slot(id).count, values.size()));
  copy_from_plain(*slot(id).desc, values, value(id));
  values_changed();
}

std::vector<float> ParameterStore::plain(ParameterId id) const {
  std::vector<float> result(static_cast<std::size_t>(slot(id).count));
  copy_to_plain(*slot(id).desc, value(id), result);
  return result;
}

std::vector<float> ParameterStore::to_plain(ParameterId id, std::span<const float> buffer) const {
  std::vector<float> result(static_cast<std::size_t>(slot(id).count));
  copy_to_plain(*slot(id).desc, buffer.subspan(static_cast<std::size_t>(slot(id).offset)).data(), result);
  return result;
}

void ParameterStore::from_plain(ParameterId id, std::span<const float> values, std::span<float> buffer) const {
  copy_from_plain(*slot(id).desc, values, buffer.subspan(static_cast<std::size_t>(slot(id).offset)).data());
}

std::span<float> ParameterStore::trainable_values() { return {floats(values_), static_cast<std::size_t>(trainable_count_)}; }

std::span<float> ParameterStore::trainable_gradients(std::byte* arena) const {
  return {reinterpret_cast<float*>(arena), static_cast<std::size_t>(trainable_count_)};
}

ElementRange ParameterStore::trainable_range(ParameterId id) const {
  const auto begin = static_cast<std::size_t>(slot(id).offset);
  return {begin, begin + static_cast<std::size_t>(count_floats(*slot(id).desc))};
}

std::span<float> ParameterStore::untrained_values() { return {floats(untrained_), static_cast<std::size_t>(untrained_count_)}; }

}  // namespace cnnctl
