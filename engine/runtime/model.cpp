#include "engine/runtime/model.h"

#include <map>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "engine/graph/cost.h"
#include "engine/graph/passes/passes.h"
#include "engine/runtime/chooser.h"
#include "engine/runtime/compiler.h"
#include "engine/runtime/parameter_store.h"
#include "engine/runtime/program.h"
#include "engine/runtime/selftest.h"

namespace cnnctl {
namespace {

/// About what a step of the model's mode works on.
std::int64_t step_bytes(const Graph& graph, const ModelOptions& options) {
  const MemoryEstimate estimate = estimate_memory(graph, options.batch_size, options.recompute);
  return options.mode == Mode::training ? estimate.train_bytes : estimate.eval_bytes;
}

}  // namespace

struct Model::Impl {
  Impl(Graph original, const ModelOptions& chosen)
      : graph(std::move(original)),
        training_graph(prepare_for_training(graph, chosen.recompute)),
        evaluation_graph(prepare_for_evaluation(graph)),
        options(chosen),
        store(graph),
        chooser(chosen, arena, [this] { return step_bytes(graph, options); }) {}

  Program& program(Mode mode, std::int64_t batch_size) {
    const std::pair key(mode, batch_size);
    auto found = programs.find(key);
    if (found == programs.end()) {
      if (mode == Mode::training && options.mode != Mode::training) throw std::logic_error("a model made for evaluation cannot train");
      const Graph& prepared = mode == Mode::training ? training_graph : evaluation_graph;
      CompiledProgram compiled = Compiler(prepared, mode, batch_size, store, dropout_state, options.input_gradient, chooser).compile();
      chooser.forget_memory();
      if (programs.empty()) store.allocate();
      auto added = std::make_unique<StepListProgram>(std::move(compiled), batch_size, store, options.profile);
      place(*added);
      found = programs.emplace(key, std::move(added)).first;
    }
    return *found->second;
  }

  /// All programs work in one arena, as large as the largest needs. Where it grows, the others move along; where it cannot, they stay.
  void place(StepListProgram& added) {
    if (added.arena_bytes() > available_memory())  // the system would promise it, and kill the process that takes it
      throw std::runtime_error(fmt::format("batch size {} needs {} MiB for activations, and {} are available; choose a smaller one",
                                           added.batch_size(), added.arena_bytes() >> 20, available_memory() >> 20));
    if (added.arena_bytes() > static_cast<std::int64_t>(arena.size())) {
      arena =
          AlignedMemory::untouched(static_cast<std::size_t>(added.arena_bytes()));  // the old one's pages are free before these are taken
      arena.clear();
      for (auto& [key, program] : programs) program->bind(arena.data());
    }
    added.bind(arena.data());
  }

  std::span<float> trainable_gradients() const {
    return options.mode == Mode::training ? store.trainable_gradients(arena.data()) : std::span<float>();
  }

  /// Dropout's masks differ from step to step and from seed to seed.
  void update_dropout_state() { dropout_state = options.seed * 0xD1342543DE82EF95U + dropout_step * 0x2545F4914F6CDD1DU; }

  Graph graph, training_graph, evaluation_graph;
  ModelOptions options;
  ParameterStore store;
  AlignedMemory arena;
  Chooser chooser;
  std::uint64_t dropout_step = 0;
  std::uint64_t dropout_state = 0;
  std::map<std::pair<Mode, std::int64_t>, std::unique_ptr<StepListProgram>> programs;
};

Model::Model(Graph graph, const ModelOptions& options) {
  if (!self_test().convolutions_are_right)
    throw std::runtime_error(fmt::format(
        "{} computes wrong numbers on this machine: a convolution differs from a plain loop; nothing it gives can be trusted here",
        runtime_description()));
  if (options.precision == Precision::bf16 && !has_bf16())
    throw std::runtime_error("bf16 needs a processor that multiplies bfloat16 (AVX512_BF16), and this one does not; use f32");
  impl_ = std::make_unique<Impl>(std::move(graph), options);
  impl_->update_dropout_state();
  impl_->program(options.mode, options.batch_size);
}

Model::~Model() = default;
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;

const Graph& Model::graph() const { return impl_->graph; }

void Model::set_parameter(ParameterId id, std::span<const float> values) { impl_->store.set_plain(id, values); }

std::vector<float> Model::parameter(ParameterId id) const { return impl_->store.plain(id); }

Program& Model::training(std::int64_t batch_size) { return impl_->program(Mode::training, batch_size); }

Program& Model::evaluation(std::int64_t batch_size) { return impl_->program(Mode::evaluation, batch_size); }

std::span<float> Model::trainable_values() { return impl_->store.trainable_values(); }

std::span<float> Model::trainable_gradients() { return impl_->trainable_gradients(); }

std::span<const float> Model::trainable_gradients() const { return impl_->trainable_gradients(); }

ElementRange Model::trainable_range(ParameterId id) const { return impl_->store.trainable_range(id); }

std::span<float> Model::untrained_values() { return impl_->store.untrained_values(); }

void Model::values_changed() {
  impl_->store.values_changed();
  ++impl_->dropout_step;
  impl_->update_dropout_state();
}

std::vector<float> Model::to_plain(ParameterId id, std::span<const float> buffer) const { return impl_->store.to_plain(id, buffer); }

void Model::from_plain(ParameterId id, std::span<const float> values, std::span<float> buffer) const {
  impl_->store.from_plain(id, values, buffer);
}

void Model::values_replaced() { impl_->store.values_changed(); }

const Choices& Model::choices() const { return impl_->chooser.choices(); }

const Tuning& Model::tuning() const { return impl_->chooser.tuning(); }

std::uint64_t Model::dropout_step() const { return impl_->dropout_step; }

void Model::set_dropout_step(std::uint64_t step) {
  impl_->dropout_step = step;
  impl_->update_dropout_state();
}

}  // namespace cnnctl
