#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/runtime/aligned_memory.h"
#include "engine/runtime/dnnl.h"
#include "engine/runtime/model.h"

namespace cnnctl {

/// The values of all parameters of a graph, each in the format that its first user wanted: weights stay in the primitives' own format
/// through forward, backward and update. Trainable ones stand one after another, so that an optimizer walks one buffer. Their gradients do
/// so as well, at the beginning of the arena that programs work in: each stands there from the step that computes it to the update.
class ParameterStore {
 public:
  explicit ParameterStore(const Graph& graph);

  /// The format of a parameter: `wanted` where nobody asked before, else what was settled then. `wanted` has as many elements as the
  /// parameter.
  const Desc& settle(ParameterId id, const Desc& wanted);
  /// The format where somebody asked for the parameter already.
  const std::optional<Desc>& settled(ParameterId id) const { return slot(id).desc; }
  /// Gives the parameters that nobody asked for their plain format, and takes memory for all. Formats are fixed from then on.
  void allocate();

  /// Where a parameter stands, in its settled format; valid once there is memory.
  float* value(ParameterId id);
  const float* value(ParameterId id) const;

  /// Copies a parameter in or out in row-major order. Throws std::invalid_argument where the number of elements is not the parameter's.
  void set_plain(ParameterId id, std::span<const float> values);
  std::vector<float> plain(ParameterId id) const;
  /// A parameter's part of a buffer laid out like trainable_values(), to and from row-major order.
  std::vector<float> to_plain(ParameterId id, std::span<const float> buffer) const;
  void from_plain(ParameterId id, std::span<const float> values, std::span<float> buffer) const;

  std::span<float> trainable_values();
  std::size_t trainable_count() const { return static_cast<std::size_t>(trainable_count_); }
  /// The gradients in a training program's arena, element for element.
  std::span<float> trainable_gradients(std::byte* arena) const;
  ElementRange trainable_range(ParameterId id) const;
  std::span<float> untrained_values();

  /// Counts the changes of values, for those who keep copies.
  std::uint64_t version() const { return version_; }
  void values_changed() { ++version_; }

 private:
  struct Slot {
    std::optional<Desc> desc;
    std::int64_t count = 0;   // elements of the parameter, without padding
    std::int64_t offset = 0;  // in floats, from the start of the trainable values or of the others
    bool trainable = true;
    Dims dims;
  };

  const Slot& slot(ParameterId id) const { return slots_[static_cast<std::size_t>(id)]; }

  std::vector<Slot> slots_;
  std::int64_t trainable_count_ = 0;  // in floats, padding and gaps included
  std::int64_t untrained_count_ = 0;
  AlignedMemory values_, untrained_;
  std::uint64_t version_ = 1;
};

}  // namespace cnnctl
