#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/graph/graph.h"

namespace cnnctl {

/// Small graphs put together by hand, node after node, for the tests of passes and costs. Each node is a layer of its own, called by its
/// index.
class Chain {
 public:
  explicit Chain(const Shape& input) : graph_(make_graph("test", input)) {}
  /// Goes on behind the output of `graph`.
  explicit Chain(Graph graph) : graph_(std::move(graph)) {}

  /// A convolution without stride that keeps the map's size; `kernel` is odd.
  Chain& convolution(std::int64_t channels, std::int64_t kernel = 3, std::int64_t stride = 1) {
    const Shape in = shape();
    Convolution op;
    op.out_channels = channels;
    op.vertical = op.horizontal = {kernel, stride, kernel / 2, kernel / 2, 1};
    return add(op, {channels, window_output(in.height, op.vertical), window_output(in.width, op.horizontal)},
               {parameter({channels, in.channels, kernel, kernel}), parameter({channels})});
  }
  /// A convolution of each channel by itself, without bias.
  Chain& depthwise(std::int64_t kernel = 3, std::int64_t stride = 1) {
    const Shape in = shape();
    Convolution op;
    op.out_channels = op.groups = in.channels;
    op.bias = false;
    op.vertical = op.horizontal = {kernel, stride, kernel / 2, kernel / 2, 1};
    return add(op, {in.channels, window_output(in.height, op.vertical), window_output(in.width, op.horizontal)},
               {parameter({in.channels, 1, kernel, kernel})});
  }
  Chain& batch_norm() {
    const std::int64_t channels = shape().channels;
    const ParameterId weight = parameter({channels}), bias = parameter({channels});
    return add(BatchNorm{}, shape(), {weight, bias, parameter({channels}, false), parameter({channels}, false)});
  }
  Chain& eltwise(Eltwise::Function function) { return add(Eltwise{function}, shape()); }
  Chain& relu() { return eltwise(Eltwise::Function::relu); }
  Chain& dropout() { return add(Dropout{}, shape()); }
  Chain& drop_path() { return add(Dropout{0.1F, true}, shape()); }
  Chain& channel_scale() { return add(ChannelScale{}, shape(), {parameter({shape().channels})}); }
  Chain& max_pool(std::int64_t kernel) { return max_pool({kernel, kernel, 0, 0, 1}); }
  Chain& max_pool(const Window& window) { return pool({Pooling::Kind::max, window, window}); }
  Chain& pool(const Pooling& op) {
    return add(op, {shape().channels, window_output(shape().height, op.vertical), window_output(shape().width, op.horizontal)});
  }
  Chain& layer_norm() { return add(LayerNorm{}, shape(), {parameter({shape().channels}), parameter({shape().channels})}); }
  Chain& group_norm(std::int64_t groups) {
    return add(GroupNorm{groups}, shape(), {parameter({shape().channels}), parameter({shape().channels})});
  }
  Chain& adaptive_pool(Pooling::Kind kind, std::int64_t size) { return add(AdaptivePooling{kind}, {shape().channels, size, size}); }
  Chain& flatten() { return add(Flatten{}, {shape().count(), 1, 1, true}); }
  Chain& linear(std::int64_t features) {
    return add(InnerProduct{features}, {features, 1, 1, true}, {parameter({features, shape().channels}), parameter({features})});
  }
  Chain& softmax() { return add(Softmax{}, shape()); }
  Chain& adaptive_pool(std::int64_t size) { return adaptive_pool(Pooling::Kind::average, size); }
  /// The value so far and `second`: its sum, or product.
  Chain& binary(Binary::Kind kind, ValueId second) { return add(Binary{kind, {}}, shape(), {}, {graph_.output, second}); }
  Chain& plus(ValueId second) { return binary(Binary::Kind::add, second); }
  Chain& times(ValueId second) { return binary(Binary::Kind::multiply, second); }
  Chain& concat(std::vector<ValueId> values) {
    Shape out = graph_.values[static_cast<std::size_t>(values.front())];
    out.channels = 0;
    for (const ValueId id : values) out.channels += graph_.values[static_cast<std::size_t>(id)].channels;
    return add(Concat{}, out, {}, std::move(values));
  }
  /// The value so far, for those who read it later.
  ValueId value() const { return graph_.output; }
  Chain& from(ValueId value) {
    graph_.output = value;
    return *this;
  }

  operator const Graph&() const { return graph_; }

 private:
  const Shape& shape() const { return graph_.output_shape(); }

  ParameterId parameter(std::vector<std::int64_t> dims, bool trainable = true) {
    const std::string kind = trainable ? "p" : "statistics";
    return add_parameter(graph_, {kind + std::to_string(graph_.parameters.size()), std::move(dims), {}, trainable});
  }

  Chain& add(const Op& op, const Shape& output, std::vector<ParameterId> parameters = {}) {
    return add(op, output, std::move(parameters), {graph_.output});
  }
  Chain& add(const Op& op, const Shape& output, std::vector<ParameterId> parameters, std::vector<ValueId> inputs) {
    const auto layer = static_cast<LayerId>(graph_.layers.size());
    Layer row;
    row.name = std::to_string(layer);
    graph_.layers.push_back(row);
    graph_.output = add_node(graph_, op, std::move(inputs), output, std::move(parameters), layer);
    return *this;
  }

  Graph graph_;
};

}  // namespace cnnctl
