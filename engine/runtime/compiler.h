#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/graph/recomputation.h"
#include "engine/runtime/model.h"
#include "engine/runtime/parameter_store.h"
#include "engine/runtime/step.h"

namespace cnnctl {

class Chooser;

/// What keeps a node from being compiled; compile_node puts the layer's name in front.
class CompilationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Where a buffer lives.
enum class BufferHome { arena, constant, value, gradient };

/// Memory that steps work on. In the arena it is alive from the first to the last step that uses it; a constant belongs to the program;
/// a value is a parameter's in the store. A parameter's gradient stands in the arena where the store says, until the update.
struct Buffer {
  BufferHome home = BufferHome::arena;
  std::int64_t bytes = 0;
  ParameterId parameter = -1;
  std::optional<Lifetime> life{};  // in the arena; nothing where no step uses it
};

/// A step with its name, its node, and the buffers it works on.
struct LabelledStep {
  StepLabel label;
  StepUses uses;
  std::unique_ptr<Step> step;
};

/// A buffer whose contents are computed again for the backward pass, and the one that its steps find them in.
struct Renewal {
  BufferId first = -1;
  BufferId again = -1;
};

/// A node's result, as it stands once so many steps of the forward list have run.
struct NodeResult {
  std::size_t steps = 0;
  Tensor tensor;
  std::string layer;
};

/// What compilation gives: the lists of steps, and the buffers they use. Program binds them to memory.
struct CompiledProgram {
  std::vector<Buffer> buffers;
  std::vector<LabelledStep> prepare;  // evaluation only: run when parameters have changed
  std::vector<LabelledStep> forward;
  std::vector<LabelledStep> backward;
  std::vector<Renewal> renewals;
  std::vector<NodeResult> results;  // by node
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
  /// `input_gradient`: training computes the gradient of the graph's input as well. `chooser` decides where there are several ways to
  /// compute something.
  Compiler(const Graph& graph, Mode mode, std::int64_t batch_size, ParameterStore& parameters, const std::uint64_t& dropout_state,
           bool input_gradient, Chooser& chooser);

  /// Compiles everything. Call once.
  CompiledProgram compile();
  /// The steps that were added so far, where they alone are wanted and not those of the graph. Call once.
  CompiledProgram take();

  // What the program is for.
  bool training() const { return mode_ == Mode::training; }
  std::int64_t batch_size() const { return batch_size_; }
  const Graph& graph() const { return graph_; }
  Chooser& chooser() { return chooser_; }
  /// N x C x H x W of a value.
  Dims dims(ValueId id) const;
  const Shape& shape(ValueId id) const { return graph_.values[static_cast<std::size_t>(id)]; }
  bool is_input(ValueId id) const { return id == 0; }
  const std::string& layer_name(const Node& node) const { return graph_.layers[static_cast<std::size_t>(node.layer)].name; }
  /// Changes with every training step; dropout's masks follow from it.
  const std::uint64_t& dropout_state() const { return dropout_state_; }

  // Values, forward.
  const Tensor& value(ValueId id) const { return values_[static_cast<std::size_t>(id)]; }
  /// A value's tensor with the dimensions dims(id): a vector that was a map keeps the map's until somebody asks for this.
  Tensor shaped_value(ValueId id, const std::string& layer);
  /// Several values may stand in one buffer: what is written in place, and what is the same data (flatten).
  void set_value(ValueId id, const Tensor& tensor);
  /// The moments of a value's planes (kernels/moments.h), where what wrote it took them on the way, for the batch norm behind it.
  void set_moments(ValueId id, const Tensor& moments) { moments_[static_cast<std::size_t>(id)] = moments; }
  const std::optional<Tensor>& moments(ValueId id) const { return moments_[static_cast<std::size_t>(id)]; }
  /// Says that the tensor is read again later than by the nodes behind it, so that none of them may overwrite it.
  void keep(const Tensor& tensor) { kept_[static_cast<std::size_t>(tensor.buffer)] = true; }
  /// The same, because a backward step reads it; in evaluation there is none.
  void keep_for_backward(const Tensor& tensor) {
    if (training()) keep(tensor);
  }
  /// Whether the node being compiled may write over `tensor`: it is a copy of the input that was made for this node, or the input's own
  /// tensor, of which nobody else needs the contents any more.
  bool may_overwrite(ValueId input, const Tensor& tensor) const;
  /// A tensor for a node's result: its input's own memory where it may be overwritten, else a new one of the same format.
  Tensor overwrite_or_allocate(ValueId input);

  // Memory.
  /// Throws CompilationError for a tensor that oneDNN cannot address.
  Tensor allocate(const Desc& desc);
  /// Memory of our own loops, of any size.
  Tensor allocate_bytes(std::int64_t bytes);
  Tensor allocate_floats(std::int64_t count);
  /// Memory of the program's own, for what preparations write.
  Tensor constant(const Desc& desc);

  // Parameters.
  /// The parameter in the format `wanted`: where the store holds another one, converted before every forward pass (training) or when it has
  /// changed. The store's are always floats.
  Tensor parameter(const Node& node, std::size_t index, const Desc& wanted);
  /// Its gradient, to be written in the format the store has for it, the format's padding with zeros: something else stood there before.
  /// Of a parameter that is not trained, memory that nobody reads.
  Tensor parameter_gradient(const Node& node, std::size_t index);
  /// The same for a step that writes it in the format `written`: `add_step` gets a tensor of that format, which is converted behind the
  /// step where the store has another one.
  void write_parameter_gradient(const Node& node, std::size_t index, const Desc& written,
                                const std::function<void(const Tensor&)>& add_step);
  ParameterStore& parameters() { return parameters_; }
  const ParameterStore& parameters() const { return parameters_; }

  // Steps. They join the forward or the backward list, depending on which is being compiled.
  /// One of the library's, with its scratchpad where it wants one.
  void add_primitive(StepLabel label, dnnl::primitive primitive, const Desc& scratchpad, std::vector<PrimitiveArgument> arguments);
  /// A loop of our own: `run` gets the addresses of `tensors`, in their order.
  void add_kernel(StepLabel label, const std::vector<Tensor>& tensors, KernelFunction run);
  /// The same for a step that changes what outlives the training step, as running statistics: where the forward pass is computed again, it
  /// does not run again.
  void add_kernel_once(StepLabel label, const std::vector<Tensor>& tensors, KernelFunction run);
  /// A step that runs before the forward pass of an evaluation when parameters have changed.
  void add_preparation(StepLabel label, const std::vector<Tensor>& tensors, KernelFunction run);
  /// The tensor in another format of the same dimensions: itself, or a reordered copy.
  Tensor in_format(const Tensor& tensor, const Desc& wanted, const std::string& layer);
  /// A value's tensor with its elements in row-major order and seen as N x count x 1 x 1.
  Tensor as_vector(const Tensor& tensor, const std::string& layer);

  // Gradients of values, backward.
  /// False where nothing before the value is trained: then its gradient is not computed.
  bool needs_gradient(ValueId id) const { return needs_gradient_[static_cast<std::size_t>(id)]; }
  /// The sum of what the readers of the node's output gave, in any format. Other values may wait for the same tensor, so it is for reading;
  /// overwrite_or_allocate_gradient says where a result may go.
  const Tensor& gradient(ValueId output) const { return *gradients_[static_cast<std::size_t>(output)]; }
  /// What the node has to add to that itself: only where adds_gradients says that it does, and the last reader's part came last.
  const std::optional<Tensor>& second_gradient(ValueId output) const { return second_gradients_[static_cast<std::size_t>(output)]; }
  /// A tensor for what a node makes of its output's gradient: `gradient`, one of the two parts or the copy in another format that was made
  /// of one, where no other value waits for it, else a new one of the same format.
  Tensor overwrite_or_allocate_gradient(const Tensor& gradient);
  /// A tensor for the gradient of a node's input that is made of the input `x` place by place: x itself where nothing reads that later,
  /// else a new one of the same format.
  Tensor overwrite_or_allocate_input(ValueId input, const Tensor& x);
  /// Adds to a value's gradient; a vector's may come with the dimensions dims(id). The tensor is the compiler's from then on: one may be
  /// given to several values, and the node may read it further, but not write to it.
  void add_gradient(ValueId id, Tensor tensor);
  /// The gradient that a value has so far, where a step may add to it in place of add_gradient.
  std::optional<Tensor> gradient_so_far(ValueId id) const;
  /// Says, in the forward, in which format besides the value's own its writer will take its gradient: rounded as it reads it.
  void offer_gradient_format(ValueId id, const Desc& desc) { gradient_formats_[static_cast<std::size_t>(id)] = desc; }
  /// That format, for the one node that gives the gradient; nothing where others add to it.
  std::optional<Desc> gradient_format(ValueId id) const;

 private:
  /// How a step's label calls a format: format_name, or of parameters weights_format_name.
  using NameFormat = std::string (*)(const Desc&);

  void add_step(StepLabel label, StepUses uses, std::unique_ptr<Step> step);
  void add_kernel_step(StepLabel label, const std::vector<Tensor>& tensors, KernelFunction run, bool once);
  BufferId add_buffer(Buffer buffer);
  /// A step that copies a tensor into another one's format.
  void reorder(const Tensor& from, const Tensor& to, const std::string& layer, NameFormat name);
  void start();
  void compile_forward(std::size_t index);
  void finish_forward();
  void compile_backward();
  ProgramUses program_uses() const;
  bool may_leave_to_writer(ValueId id, const Tensor& part) const;
  Tensor sum_of_gradients(const Tensor& so_far, const Tensor& added);
  int& holders(const Tensor& gradient) { return gradient_holders_[static_cast<std::size_t>(gradient.buffer)]; }

  const Graph& graph_;
  Mode mode_;
  std::int64_t batch_size_;
  ParameterStore& parameters_;
  const std::uint64_t& dropout_state_;
  Chooser& chooser_;
  std::vector<int> readers_;
  std::vector<bool> needs_gradient_;
  std::vector<Tensor> values_;
  std::vector<std::optional<Tensor>> moments_;             // by ValueId
  std::vector<std::function<void(Compiler&)>> backwards_;  // by node
  std::vector<std::optional<Tensor>> gradients_;           // by ValueId; empty where no reader has given any yet
  std::vector<std::optional<Tensor>> second_gradients_;    // by ValueId: the part that its writer is to add
  std::vector<std::optional<Desc>> gradient_formats_;      // by ValueId: offer_gradient_format
  std::vector<int> reads_before_;                          // by ValueId, in the backward: by nodes in front of the one being compiled
  std::string backward_layer_;                             // whose backward is being compiled
  ValueId backward_output_ = -1;                           // the value whose gradient it takes
  std::vector<bool> kept_;                                 // by BufferId
  std::vector<int> pending_reads_;                         // by BufferId: reads of the values in it by nodes that are not compiled yet
  std::vector<int> gradient_holders_;                      // by BufferId: values that wait for the gradient in it to be read
  std::vector<bool> values_that_stay_;                     // by ValueId: cnnctl::values_that_stay
  bool backward_ = false;
  std::size_t node_ = 0;  // the one being compiled
  CompiledProgram program_;
};

}  // namespace cnnctl
