#include "engine/runtime/compiler.h"

#include <initializer_list>
#include <iterator>

#include <fmt/format.h>

#include "engine/runtime/layout.h"
#include "engine/runtime/ops/ops.h"
#include "engine/runtime/recompute.h"
#include "engine/runtime/selftest.h"

namespace cnnctl {
namespace {

// oneDNN 2.6's f32 kernels count bytes in 32 bits.
constexpr std::int64_t kLargestTensor = (std::int64_t{1} << 31) - 1;

std::int64_t tensor_bytes(const Desc& desc) {
  const auto bytes = static_cast<std::int64_t>(desc.get_size());
  if (bytes > kLargestTensor)
    throw CompilationError(
        fmt::format("a tensor of {} MiB is needed, and oneDNN computes only below 2048 MiB; choose a smaller batch size", bytes >> 20));
  return bytes;
}

std::vector<BufferId> buffers_of(const std::vector<Tensor>& tensors) {
  std::vector<BufferId> buffers;
  for (const Tensor& tensor : tensors) buffers.push_back(tensor.buffer);
  return buffers;
}

KernelFunction copy_step(const Tensor& from, const Tensor& to) {
  return
      [copy = FormatCopy(from.desc, to.desc)](std::span<void* const> buffers) { copy(static_cast<const float*>(buffers[0]), buffers[1]); };
}

}  // namespace

Compiler::Compiler(const Graph& graph, Mode mode, std::int64_t batch_size, ParameterStore& parameters, const std::uint64_t& dropout_state,
                   bool input_gradient, Chooser& chooser)
    : graph_(graph),
      mode_(mode),
      batch_size_(batch_size),
      parameters_(parameters),
      dropout_state_(dropout_state),
      chooser_(chooser),
      readers_(count_readers(graph)),
      needs_gradient_(find_gradients(graph, input_gradient)),
      values_(graph.values.size()),
      moments_(graph.values.size()),
      gradients_(graph.values.size()),
      second_gradients_(graph.values.size()),
      gradient_formats_(graph.values.size()),
      values_that_stay_(values_that_stay(graph)) {}

CompiledProgram Compiler::compile() {
  start();
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) compile_forward(i);
  finish_forward();
  if (training()) compile_backward();
  return take();
}

CompiledProgram Compiler::take() {
  const ProgramUses uses = program_uses();
  const Recomputation recomputation = find_recomputation(graph_, uses);
  const Lives lives = find_lives(uses, recomputation);
  add_replays(program_, recomputation);
  for (std::size_t i = 0; i < lives.first.size(); ++i) program_.buffers[i].life = lives.first[i];
  for (const Renewal& renewal : program_.renewals)
    program_.buffers[static_cast<std::size_t>(renewal.again)].life = lives.again[static_cast<std::size_t>(renewal.first)];
  return std::move(program_);
}

ProgramUses Compiler::program_uses() const {
  const auto those_of = [](std::initializer_list<BufferId> buffers) {
    std::vector<BufferId> used;
    std::copy_if(buffers.begin(), buffers.end(), std::back_inserter(used), [](BufferId id) { return id >= 0; });
    return used;
  };
  ProgramUses uses;
  uses.before = those_of({program_.input});
  for (const LabelledStep& step : program_.forward) uses.forward.push_back(step.uses);
  uses.between = those_of({program_.output, program_.output_gradient});
  for (const LabelledStep& step : program_.backward) uses.backward.push_back(step.uses);
  if (training()) uses.after = those_of({program_.output, program_.input_gradient});  // the output until the next forward pass
  for (const Node& node : graph_.nodes) uses.outputs.push_back(value(node.output).buffer);
  for (std::size_t i = 0; i < program_.buffers.size(); ++i) {
    const Buffer& buffer = program_.buffers[i];
    uses.bytes.push_back(buffer.bytes);
    uses.stays.push_back(buffer.home != BufferHome::arena);
    if (buffer.home == BufferHome::gradient) uses.after.push_back(static_cast<BufferId>(i));
  }
  for (std::size_t i = 0; i < values_.size(); ++i)
    if (values_that_stay_[i]) uses.stays[static_cast<std::size_t>(values_[i].buffer)] = true;
  return uses;
}

void Compiler::compile_forward(std::size_t index) {
  node_ = index;
  const Node& node = graph_.nodes[index];
  backwards_.push_back(compile_node(*this, node));
  program_.results.push_back({program_.forward.size(), value(node.output), layer_name(node)});
  if (values_that_stay_[static_cast<std::size_t>(node.output)]) keep(value(node.output));
  for (const ValueId input : node.inputs) --pending_reads_[static_cast<std::size_t>(value(input).buffer)];
}

void Compiler::compile_backward() {
  backward_ = true;
  reads_before_ = readers_;
  --reads_before_[static_cast<std::size_t>(graph_.output)];  // by the caller
  if (needs_gradient(graph_.output)) add_gradient(graph_.output, {value(graph_.output).desc, program_.output_gradient});
  for (std::size_t i = graph_.nodes.size(); i-- > 0;) {
    const Node& node = graph_.nodes[i];
    for (const ValueId input : node.inputs) --reads_before_[static_cast<std::size_t>(input)];
    if (!gradients_[static_cast<std::size_t>(node.output)]) continue;  // nothing of it reaches the network's output
    node_ = i;
    backward_layer_ = layer_name(node);
    backward_output_ = node.output;
    backwards_[i](*this);
    --holders(gradient(node.output));
    if (second_gradient(node.output)) --holders(*second_gradient(node.output));
  }
  if (!needs_gradient(0)) return;
  program_.input_gradient = in_format(gradient(0), plain_desc(dims(0)), "input").buffer;
}

void Compiler::start() {
  const Tensor input = allocate(plain_desc(dims(0)));
  program_.input = input.buffer;
  keep(input);
  set_value(0, input);
}

void Compiler::finish_forward() {
  const Tensor plain = in_format(value(graph_.output), plain_desc(dims_of(value(graph_.output).desc)), "output");
  set_value(graph_.output, plain);
  program_.output = plain.buffer;
  program_.output_count = count_floats(plain.desc);
  if (training()) program_.output_gradient = allocate(plain.desc).buffer;
}

Dims Compiler::dims(ValueId id) const {
  const Shape& s = shape(id);
  return {batch_size_, s.channels, s.height, s.width};
}

void Compiler::set_value(ValueId id, const Tensor& tensor) {
  pending_reads_[static_cast<std::size_t>(tensor.buffer)] += readers_[static_cast<std::size_t>(id)];
  values_[static_cast<std::size_t>(id)] = tensor;
}

Tensor Compiler::shaped_value(ValueId id, const std::string& layer) {
  const Tensor& tensor = value(id);
  return dims_of(tensor.desc) == dims(id) ? tensor : as_vector(tensor, layer);
}

bool Compiler::may_overwrite(ValueId input, const Tensor& tensor) const {
  const auto buffer = static_cast<std::size_t>(tensor.buffer);
  const ValueId output = graph_.nodes[node_].output;
  return !kept_[buffer] && !values_that_stay_[static_cast<std::size_t>(output)] &&
         (tensor.buffer != value(input).buffer || pending_reads_[buffer] == 1);
}

Tensor Compiler::overwrite_or_allocate(ValueId input) {
  const Tensor& tensor = value(input);
  return may_overwrite(input, tensor) ? tensor : allocate(tensor.desc);
}

BufferId Compiler::add_buffer(Buffer buffer) {
  program_.buffers.push_back(buffer);
  kept_.push_back(false);
  pending_reads_.push_back(0);
  gradient_holders_.push_back(0);
  return static_cast<BufferId>(program_.buffers.size() - 1);
}

Tensor Compiler::allocate(const Desc& desc) { return {desc, add_buffer({BufferHome::arena, tensor_bytes(desc)})}; }

Tensor Compiler::allocate_bytes(std::int64_t bytes) { return {Desc(), add_buffer({BufferHome::arena, bytes})}; }

Tensor Compiler::allocate_floats(std::int64_t count) { return allocate_bytes(count * static_cast<std::int64_t>(sizeof(float))); }

Tensor Compiler::constant(const Desc& desc) { return {desc, add_buffer({BufferHome::constant, tensor_bytes(desc)})}; }

Tensor Compiler::parameter(const Node& node, std::size_t index, const Desc& wanted) {
  const ParameterId id = node.parameters[index];
  const Desc& stored_as = parameters_.settle(id, is_bf16(wanted) ? plain_desc(dims_of(wanted)) : wanted);
  const Tensor stored{stored_as, add_buffer({BufferHome::value, tensor_bytes(stored_as), id})};
  if (stored.desc == wanted) return stored;
  if (training()) {
    const Tensor copy = allocate(wanted);
    reorder(stored, copy, layer_name(node), weights_format_name);
    return copy;
  }
  const Tensor copy = constant(wanted);
  add_preparation({layer_name(node), "prepare weights", "cnnctl", weights_format_name(wanted)}, {stored, copy}, copy_step(stored, copy));
  return copy;
}

Tensor Compiler::parameter_gradient(const Node& node, std::size_t index) {
  const ParameterId id = node.parameters[index];
  const Parameter& parameter = graph_.parameters[static_cast<std::size_t>(id)];
  const Desc& desc = parameters_.settle(id, plain_desc({parameter.dims}));
  if (!parameter.trainable) return allocate(desc);
  return {desc, add_buffer({BufferHome::gradient, static_cast<std::int64_t>(desc.get_size()), id})};
}

void Compiler::write_parameter_gradient(const Node& node, std::size_t index, const Desc& written,
                                        const std::function<void(const Tensor&)>& add_step) {
  const Tensor stored = parameter_gradient(node, index);
  const Tensor raw = written == stored.desc ? stored : allocate(written);
  add_step(raw);
  if (raw.buffer != stored.buffer) reorder(raw, stored, layer_name(node), weights_format_name);
}

void Compiler::add_step(StepLabel label, StepUses uses, std::unique_ptr<Step> step) {
  (backward_ ? program_.backward : program_.forward).push_back({std::move(label), std::move(uses), std::move(step)});
}

void Compiler::add_primitive(StepLabel label, dnnl::primitive primitive, const Desc& scratchpad, std::vector<PrimitiveArgument> arguments) {
  if (scratchpad.get_size() > 0) arguments.emplace_back(DNNL_ARG_SCRATCHPAD, allocate(scratchpad));
  StepUses uses{static_cast<int>(node_), {}};
  for (const auto& argument : arguments) uses.buffers.push_back(argument.second.buffer);
  add_step(std::move(label), std::move(uses), primitive_step(std::move(primitive), std::move(arguments)));
}

void Compiler::add_kernel(StepLabel label, const std::vector<Tensor>& tensors, KernelFunction run) {
  add_kernel_step(std::move(label), tensors, std::move(run), false);
}

void Compiler::add_kernel_once(StepLabel label, const std::vector<Tensor>& tensors, KernelFunction run) {
  add_kernel_step(std::move(label), tensors, std::move(run), true);
}

void Compiler::add_kernel_step(StepLabel label, const std::vector<Tensor>& tensors, KernelFunction run, bool once) {
  const std::vector<BufferId> buffers = buffers_of(tensors);
  add_step(std::move(label), {static_cast<int>(node_), buffers, once}, kernel_step(buffers, std::move(run)));
}

void Compiler::add_preparation(StepLabel label, const std::vector<Tensor>& tensors, KernelFunction run) {
  program_.prepare.push_back({std::move(label), {}, kernel_step(buffers_of(tensors), std::move(run))});
}

Tensor Compiler::in_format(const Tensor& tensor, const Desc& wanted, const std::string& layer) {
  if (tensor.desc == wanted) return tensor;
  const Tensor copy = allocate(wanted);
  reorder(tensor, copy, layer, format_name);
  return copy;
}

void Compiler::reorder(const Tensor& from, const Tensor& to, const std::string& layer, NameFormat name) {
  const std::string formats = name(from.desc) + " to " + name(to.desc);
  if (!self_test().reorders_are_right) {
    return add_kernel({layer, "reorder", "cnnctl", formats}, {from, to}, copy_step(from, to));
  }
  const dnnl::reorder::primitive_desc desc(cpu_engine(), from.desc, cpu_engine(), to.desc, user_scratchpad());
  add_primitive({layer, "reorder", desc.impl_info_str(), formats}, dnnl::reorder(desc), desc.scratchpad_desc(),
                {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
}

Tensor Compiler::as_vector(const Tensor& tensor, const std::string& layer) {
  const Dims d = dims_of(tensor.desc);
  const Tensor plain = in_format(tensor, plain_desc(d), layer);
  return {plain_desc({d[0], d[1] * d[2] * d[3], 1, 1}), plain.buffer};
}

Tensor Compiler::overwrite_or_allocate_gradient(const Tensor& gradient) {
  // The node whose backward this is holds its output's gradient itself; a copy is held by those whom it was given to.
  const std::optional<Tensor>& second = second_gradient(backward_output_);
  const bool is_part = gradient.buffer == this->gradient(backward_output_).buffer || (second && gradient.buffer == second->buffer);
  const int own = is_part ? 1 : 0;
  return holders(gradient) <= own ? gradient : allocate(gradient.desc);
}

Tensor Compiler::overwrite_or_allocate_input(ValueId input, const Tensor& x) {
  const auto i = static_cast<std::size_t>(input);
  // A convolution does not read its result again.
  const Node* const before = writer(graph_, input);
  const bool free = x.buffer == value(input).buffer && readers_[i] == 1 && !values_that_stay_[i] && before != nullptr &&
                    std::holds_alternative<Convolution>(before->op);
  return free ? x : allocate(x.desc);
}

void Compiler::add_gradient(ValueId id, Tensor tensor) {
  const Dims d = dims_of(value(id).desc);
  if (dims_of(tensor.desc) != d) tensor = {plain_desc(d), in_format(tensor, plain_desc(dims_of(tensor.desc)), backward_layer_).buffer};
  std::optional<Tensor>& gradient = gradients_[static_cast<std::size_t>(id)];
  if (gradient && may_leave_to_writer(id, tensor)) {
    ++holders(tensor);
    second_gradients_[static_cast<std::size_t>(id)] = tensor;
    return;
  }
  if (gradient) {
    --holders(*gradient);
    tensor = sum_of_gradients(*gradient, tensor);
  }
  ++holders(tensor);
  gradient = tensor;
}

/// Whether the writer of a value that has a gradient already may add a further part to it: if no more parts come, so that none of the two
/// has to wait for long.
bool Compiler::may_leave_to_writer(ValueId id, const Tensor& part) const {
  const auto i = static_cast<std::size_t>(id);
  const Node* const node = writer(graph_, id);
  if (node == nullptr || !adds_gradients(node->op)) return false;
  return !second_gradients_[i] && reads_before_[i] == 0 && part.buffer != gradients_[i]->buffer;
}

std::optional<Tensor> Compiler::gradient_so_far(ValueId id) const {
  const std::optional<Tensor>& gradient = gradients_[static_cast<std::size_t>(id)];
  const bool alone = gradient && gradient_holders_[static_cast<std::size_t>(gradient->buffer)] == 1;
  return alone ? gradient : std::nullopt;
}

std::optional<Desc> Compiler::gradient_format(ValueId id) const {
  const auto i = static_cast<std::size_t>(id);
  return readers_[i] == 1 ? gradient_formats_[i] : std::nullopt;
}

Tensor Compiler::sum_of_gradients(const Tensor& so_far, const Tensor& added) {
  const Desc desc = in_vector_blocks(added.desc) ? added.desc : so_far.desc;
  const Tensor a = in_format(so_far, desc, backward_layer_), b = in_format(added, desc, backward_layer_);
  const Tensor sum = holders(a) == 0 && a.buffer != b.buffer ? a : allocate(desc);
  add_combination(*this, backward_layer_, "gradient sum", {}, a, b, sum);
  return sum;
}

}  // namespace cnnctl
