#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/runtime/aligned_memory.h"
#include "engine/runtime/compiler.h"
#include "engine/runtime/model.h"

namespace cnnctl {

/// A compiled program bound to memory: walks its list of steps.
class StepListProgram final : public Program {
 public:
  StepListProgram(CompiledProgram compiled, std::int64_t batch_size, ParameterStore& store, bool profile);

  /// Takes the arena's address, of at least arena_bytes(); again whenever it moves.
  void bind(std::byte* arena);

  std::int64_t batch_size() const override { return batch_size_; }
  std::span<float> input() override;
  void forward() override;
  std::span<const float> output() const override;
  std::span<float> output_gradient() override;
  void backward() override;
  std::span<const float> input_gradient() const override;
  std::string first_not_finite() override;
  std::int64_t arena_bytes() const override { return arena_bytes_; }
  std::vector<StepTime> step_times() const override;

 private:
  using Times = std::vector<std::vector<double>>;  // seconds of every run, by step

  void prepare();
  void place_in_arena();
  void run(std::vector<LabelledStep>& steps, Times& times);
  float* floats(BufferId id) const { return static_cast<float*>(addresses_[static_cast<std::size_t>(id)]); }

  CompiledProgram compiled_;
  std::int64_t batch_size_;
  ParameterStore& store_;
  bool profile_;
  std::vector<std::int64_t> arena_offsets_;   // by BufferId; of those in the arena
  std::vector<ElementRange> zero_gradients_;  // of the trainable parameters' gradients, those that no step writes
  std::span<float> gradients_;                // of all trainable parameters; empty in evaluation
  std::int64_t arena_bytes_ = 0;
  AlignedMemory constants_;
  std::vector<std::int64_t> constant_offsets_;  // by BufferId
  std::vector<void*> addresses_;                // by BufferId
  std::uint64_t prepared_version_ = 0;          // of the parameters, when the preparations last ran
  Times forward_times_, backward_times_;
};

}  // namespace cnnctl
