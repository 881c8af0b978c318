#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/runtime/choices.h"

namespace cnnctl {

enum class Mode { training, evaluation };

/// What convolutions multiply: floats, or floats rounded to bfloat16, whose products are added up in float. All else is float in both.
enum class Precision { f32, bf16 };

/// How a model is compiled. Threads are those of OpenMP; 0 leaves the number to it.
struct ModelOptions {
  Mode mode = Mode::training;             // what it is mainly for: a training model also evaluates, an evaluation model cannot train
  std::int64_t batch_size = 1;            // of that mode
  std::uint64_t seed = 1;                 // of dropout
  bool input_gradient = false;            // training also computes the loss's derivative by the input
  bool profile = false;                   // times every step, for bench --layers
  Choices known{};                        // taken where they apply, before anything is timed
  double tuning_seconds = 0;              // to spend on timing ways to compute convolutions; 0 leaves the choice to a rule of their sizes
  std::function<void()> before_tuning{};  // called before something is timed: ends what else keeps the processors busy; may throw
  bool recompute = false;                 // training computes activations again in its backward: less memory, more time
  bool deterministic = false;             // nothing is timed or known: neither Winograd's method nor our own 1x1 loops are taken
  Precision precision = Precision::f32;   // bf16 only where the processor has it: has_bf16()
};

/// Elements [begin, end) of a buffer.
struct ElementRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// What one step of a program took, for `bench --layers`.
struct StepTime {
  std::string layer;           // "layer1.0"
  std::string pass;            // "forward", "backward data", "backward weights", "reorder", ...
  std::string implementation;  // oneDNN's own word ("jit:avx2"), or "cnnctl"
  std::string format;          // of its main output: "nChw8c"
  double milliseconds = 0;     // median of the steps run
  double gflops = 0;           // 2 x multiply-accumulates over the time, for convolutions and inner products
};

/// A graph compiled to a flat list of primitives over one arena, for one mode and batch size. Made and owned by Model.
///
/// Training: fill input(), forward(), read output(), fill output_gradient(), backward(); then the parameters' gradients are ready in the
/// model. Evaluation: fill input(), forward(), read output().
class Program {
 public:
  virtual ~Program() = default;

  virtual std::int64_t batch_size() const = 0;
  /// The batch, N x C x H x W in that order.
  virtual std::span<float> input() = 0;
  virtual void forward() = 0;
  /// What the network gave, N x C x H x W (N x features) in that order. Valid until the next forward().
  virtual std::span<const float> output() const = 0;
  /// The loss's derivative by output(), to be filled between forward() and backward(); empty in evaluation.
  virtual std::span<float> output_gradient() = 0;
  virtual void backward() = 0;
  /// The loss's derivative by input(), after backward(); empty unless ModelOptions::input_gradient.
  virtual std::span<const float> input_gradient() const = 0;

  /// Runs the forward pass on what input() holds, layer by layer: the first layer whose output holds a number that is not finite, "" where
  /// there is none. To find out why a loss is not finite; running statistics move on.
  virtual std::string first_not_finite() = 0;

  /// Bytes of its arena (shared between a model's programs).
  virtual std::int64_t arena_bytes() const = 0;
  /// One entry a step, in the order in which they run; empty unless ModelOptions::profile.
  virtual std::vector<StepTime> step_times() const = 0;
};

/// A graph with its parameters in memory, in whatever formats the primitives like best, and the programs that run it.
class Model {
 public:
  /// Compiles the program for options.mode at options.batch_size. Parameters are zero until set. Throws std::runtime_error where oneDNN
  /// cannot do it, naming the layer, where it computes wrong numbers on this machine (see selftest.h), and for bf16 without has_bf16().
  Model(Graph graph, const ModelOptions& options);
  ~Model();
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;

  const Graph& graph() const;

  /// Copies a parameter in or out, in PyTorch's order of elements (row-major over Parameter::dims).
  void set_parameter(ParameterId id, std::span<const float> values);
  std::vector<float> parameter(ParameterId id) const;

  /// The program for a mode and batch size; compiled at first use and kept. The reference stays valid as long as the model. To compile one
  /// may overwrite what the others have in the arena.
  Program& training(std::int64_t batch_size);
  Program& evaluation(std::int64_t batch_size);

  /// All trainable parameters one after another, in the model's own formats (padding included, which is zero and stays zero under any
  /// element-wise update of zero gradients), and their gradients, element for element (none in a model made for evaluation). For
  /// optimizers. Gradients are valid from a program's backward() to the next program's forward() or compilation: activations stand in
  /// their place then.
  std::span<float> trainable_values();
  std::span<float> trainable_gradients();
  std::span<const float> trainable_gradients() const;
  /// The elements of a trainable parameter among them.
  ElementRange trainable_range(ParameterId id) const;
  /// All other parameters, one after another: running statistics, and weights that are frozen.
  std::span<float> untrained_values();
  /// To be called after every step of training: evaluation follows, and dropout draws new masks.
  void values_changed();
  /// To be called after values were changed by something else.
  void values_replaced();

  /// A parameter's part of a buffer laid out like trainable_values(): an optimizer's state, copied out to or in from PyTorch's order of
  /// elements.
  std::vector<float> to_plain(ParameterId id, std::span<const float> buffer) const;
  void from_plain(ParameterId id, std::span<const float> values, std::span<float> buffer) const;

  /// How the convolutions of the programs so far are computed, where there were several ways, and what it took to find out.
  const Choices& choices() const;
  const Tuning& tuning() const;

  /// The random state of dropout: the number of training steps so far, which with the seed gives every mask.
  std::uint64_t dropout_step() const;
  void set_dropout_step(std::uint64_t step);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Whether the processor multiplies bfloat16 itself (AVX512_BF16): without, it would be far slower than float.
bool has_bf16();

/// "oneDNN 2.6.3, AVX2": version and the instruction set that oneDNN uses here.
std::string runtime_description();

}  // namespace cnnctl
