#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/runtime/model.h"
#include "engine/runtime/parameter_store.h"
#include "engine/runtime/step.h"

namespace cnnctl {

/// Where a buffer lives.
enum class BufferHome { arena, constant, value, gradient };

/// Memory that steps work on. In the arena it is alive from the first to the last step that uses it; a constant belongs to the program;
/// values and gradients are a parameter's in the store.
struct Buffer {
  BufferHome home = BufferHome::arena;
  std::int64_t bytes = 0;
  ParameterId parameter = -1;
  int first_step = -1;
  int last_step = -1;
};

/// A step with its name.
struct LabelledStep {
  StepLabel label;
  std::unique_ptr<Step> step;
};

/// What compilation gives: the lists of steps, and the buffers they use. Program binds them to memory.
struct CompiledProgram {
  std::vector<Buffer> buffers;
  std::vector<LabelledStep> prepare;  // evaluation only: run when parameters have changed
  std::vector<LabelledStep> forward;
  std::vector<LabelledStep> backward;
  BufferId input = -1;
  BufferId output = -1;
  BufferId output_gradient = -1;
  BufferId input_gradient = -1;
  std::int64_t output_count = 0;  // floats
};

/// Turns a graph into a program: the one thing that ops/ talks to. Each kind of Op compiles its forward steps, and hands back a function
/// that compiles its backward steps once all readers of its output have done so.
class Compiler {
 public:
  /// `input_gradient`: training computes the gradient of the graph's input as well.
  Compiler(const Graph& graph, Mode mode, std::int64_t batch_size, ParameterStore& parameters, const std::uint64_t& dropout_state,
           bool input_gradient);

  /// Compiles everything. Call once.
  CompiledProgram compile();

  // What the program is for.
  bool training() const { return mode_ == Mode::training; }
  std::int64_t batch_size() const { return batch_size_; }
  /// N x C x H x W of a value.
  Dims dims(ValueId id) const;
  const Shape& shape(ValueId id) const { return graph_.values[static_cast<std::size_t>(id)]; }
  bool is_input(ValueId id) const { return id == 0; }
  int reader_count(ValueId id) const { return readers_[static_cast<std::size_t>(id)]; }
  const std::string& layer_name(const Node& node) const { return graph_.layers[static_cast<std::size_t>(node.layer)].name; }
  /// Changes with every training step; dropout's masks follow from it.
  const std::uint64_t& dropout_state() const { return dropout_state_; }

  // Values, forward.
  const Tensor& value(ValueId id) const { return values_[static_cast<std::size_t>(id)]; }
  void set_value(ValueId id, Tensor tensor) { values_[static_cast<std::size_t>(id)] = std::move(tensor); }
  /// Says that the tensor is read again later than by the next reader, so that this one may not overwrite it.
  void keep(const Tensor& tensor) { kept_[static_cast<std::size_t>(tensor.buffer)] = true; }
  /// The same, because a backward step reads it; in evaluation there is none.
  void keep_for_backward(const Tensor& tensor) {
    if (training()) keep(tensor);
  }
  /// A tensor for a node's result: its input's own memory where nobody needs the input any more, else a new one of the same format.
  Tensor overwrite_or_allocate(ValueId input);

  // Memory.
  Tensor allocate(const Desc& desc);
  Tensor allocate_bytes(std::int64_t bytes);
  Tensor constant(const Desc& desc);

  // Parameters.
  /// The parameter in the format `wanted`: where the store holds another one, converted before every forward pass (training) or when it has
  /// changed.
  Tensor parameter(const Node& node, std::size_t index, const Desc& wanted);
  /// Its gradient, to be written in the format the store has for it.
  Tensor parameter_gradient(const Node& node, std::size_t index);
  const Desc& parameter_format(const Node& node, std::size_t index, const Desc& wanted);
  ParameterStore& parameters() { return parameters_; }

  // Steps. They join the forward or the backward list, depending on which is being compiled.
  void add_primitive(StepLabel label, dnnl::primitive primitive, const Desc& scratchpad, std::vector<PrimitiveArgument> arguments);
  void add_kernel(StepLabel label, const std::vector<Tensor>& tensors, KernelFunction run);
  /// A step that runs before the forward pass of an evaluation when parameters have changed.
  void add_preparation(StepLabel label, const std::vector<Tensor>& tensors, KernelFunction run);
  /// The tensor in another format of the same dimensions: itself, or a reordered copy.
  Tensor in_format(const Tensor& tensor, const Desc& wanted, const std::string& layer);
  void reorder(const Tensor& from, const Tensor& to, const std::string& layer);
  /// A value's tensor with its elements in row-major order and seen as N x count x 1 x 1.
  Tensor as_vector(const Tensor& tensor, const std::string& layer);

  // Gradients of values, backward.
  /// False where nothing before the value is trained: then its gradient is not computed.
  bool needs_gradient(ValueId id) const { return needs_gradient_[static_cast<std::size_t>(id)]; }
  /// The sum of what the value's readers gave. The caller may overwrite it.
  Tensor gradient(ValueId id, const std::string& layer);
  void add_gradient(ValueId id, Tensor tensor);

 private:
  void use(BufferId buffer, int step);
  void add_step(StepLabel label, const std::vector<BufferId>& buffers, std::unique_ptr<Step> step);
  BufferId add_buffer(Buffer buffer);
  void find_needed_gradients(bool input_gradient);
  void start();
  void finish_forward();
  void compile_backward(const std::vector<std::function<void(Compiler&)>>& backwards);

  const Graph& graph_;
  Mode mode_;
  std::int64_t batch_size_;
  ParameterStore& parameters_;
  const std::uint64_t& dropout_state_;
  std::vector<int> readers_;
  std::vector<bool> needs_gradient_;
  std::vector<Tensor> values_;
  std::vector<std::vector<Tensor>> gradients_;
  std::vector<bool> kept_;  // by BufferId
  bool backward_ = false;
  int step_ = 0;
  CompiledProgram program_;
};

}  // namespace cnnctl
