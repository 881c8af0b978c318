#include <optional>

#include "engine/graph/first_convolution.h"
#include "engine/runtime/layout.h"
#include "engine/runtime/ops/convolution.h"
#include "engine/runtime/threads.h"

namespace cnnctl {
namespace {

/// The window of a convolution that is the network's first and goes over rows; nothing of others.
std::optional<FirstWindow> first_window(const Compiler& compiler, const Node& node, const Convolution& op) {
  if (!compiler.is_input(node.inputs[0]) || !suits_first_rows(op, compiler.shape(0).channels)) return std::nullopt;
  return FirstWindow{op.vertical.padding_begin, op.horizontal.padding_begin};
}

/// The three convolutions in their places.
struct Setups {
  std::optional<ConvolutionSetup> expand;
  ConvolutionSetup depthwise, project;
};

Setups setups_of(const Compiler& compiler, const Node& node, const InvertedResidual& op) {
  const Dims src = compiler.dims(node.inputs[0]), dst = compiler.dims(node.output);
  const auto expanded = [&](std::int64_t size, Window Convolution::*window) {
    return op.expand ? window_output(size, (*op.expand).*window) : size;
  };
  const Dims before{src[0], op.depthwise.out_channels, expanded(src[2], &Convolution::vertical),
                    expanded(src[3], &Convolution::horizontal)};
  const Dims behind{dst[0], op.depthwise.out_channels, dst[2], dst[3]};
  return {op.expand ? std::optional(convolution_setup(compiler, node, *op.expand, src, before)) : std::nullopt,
          convolution_setup(compiler, node, op.depthwise, before, behind), convolution_setup(compiler, node, op.project, behind, dst)};
}

/// The format of x.
Desc source_desc(const Dims& dims, const std::optional<FirstWindow>& first) { return first ? plain_desc(dims) : vector_blocked_desc(dims); }

InvertedResidualGeometry geometry_of(const InvertedResidual& op, const Setups& setups, const std::optional<FirstWindow>& first) {
  return {*channel_layout(source_desc(setups.expand ? setups.expand->src : setups.depthwise.src, first)),
          first,
          depthwise_geometry(op.depthwise, setups.depthwise).value(),
          *channel_layout(vector_blocked_desc(setups.project.dst)),
          op.expand ? joined_loop(op.expand->activation) : std::nullopt,
          joined_loop(op.depthwise.activation),
          joined_loop(op.project.activation)};
}

/// A step's tensors: weights and biases of the convolutions that are there, one after another.
class Numbers {
 public:
  void add(Compiler& c, const Node& node, const Convolution& op, const ConvolutionSetup& s, const Desc& weights) {
    const ConvolutionParameters parameters = convolution_parameters(c, node, op, s, weights, first_);
    tensors.push_back(parameters.weights);
    tensors.push_back(parameters.bias.value_or(parameters.weights));
    has_bias_.push_back(parameters.bias.has_value());
    flops += s.flops;
    first_ += parameters_of(op);
  }
  /// Those of the convolution `index`, `buffers` being the step's.
  ConvolutionNumbers find(std::size_t index, std::span<void* const> buffers) const {
    return {floats(buffers[2 * index]), has_bias_[index] ? floats(buffers[2 * index + 1]) : nullptr};
  }

  std::vector<Tensor> tensors;
  double flops = 0;

 private:
  std::vector<bool> has_bias_;
  std::size_t first_ = 0;
};

Numbers numbers_of(Compiler& compiler, const Node& node, const InvertedResidual& op, const Setups& setups) {
  Numbers numbers;
  if (op.expand) numbers.add(compiler, node, *op.expand, *setups.expand, panel_weights_desc(setups.expand->weights));
  numbers.add(compiler, node, op.depthwise, setups.depthwise, depthwise_weights_desc(setups.depthwise));
  numbers.add(compiler, node, op.project, setups.project, panel_weights_desc(setups.project.weights));
  return numbers;
}

}  // namespace

Backward compile(Compiler& compiler, const Node& node, const InvertedResidual& op) {
  const Setups setups = setups_of(compiler, node, op);
  const auto window = op.expand ? first_window(compiler, node, *op.expand) : std::nullopt;
  const InvertedResidualGeometry geometry = geometry_of(op, setups, window);
  const Numbers numbers = numbers_of(compiler, node, op, setups);
  const std::string& layer = compiler.layer_name(node);
  const auto input = [&](std::size_t i, const std::optional<FirstWindow>& first) {
    const ValueId id = node.inputs[i];
    return compiler.in_format(compiler.value(id), source_desc(compiler.dims(id), first), layer);
  };
  const Tensor x = input(0, window), residual = op.project.residual ? input(1, std::nullopt) : x;
  const Tensor y = compiler.allocate(vector_blocked_desc(setups.project.dst));
  std::vector<Tensor> tensors = numbers.tensors;
  const std::size_t first = tensors.size();
  tensors.insert(tensors.end(), {x, residual, y, compiler.allocate_floats(inverted_residual_scratch(geometry))});
  compiler.add_kernel({layer, "forward of three", "cnnctl inverted residual", format_name(y.desc), numbers.flops}, tensors,
                      [=, expands = op.expand.has_value(), adds = op.project.residual](std::span<void* const> b) {
                        const std::size_t depthwise = expands ? 1 : 0;
                        const InvertedResidualTensors t{floats(b[first]), expands ? numbers.find(0, b) : ConvolutionNumbers{},
                                                        numbers.find(depthwise, b), numbers.find(depthwise + 1, b),
                                                        adds ? floats(b[first + 1]) : nullptr};
                        kernels().inverted_residual(geometry, t, floats(b[first + 2]), floats(b[first + 3]));
                      });
  compiler.set_value(node.output, y);
  return {};
}

}  // namespace cnnctl
