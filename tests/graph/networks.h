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
  Chain& convolution(std::int64_t channels, std::int64_t kernel = 3) {
    const Shape in = shape();
    Convolution op;
    op.out_channels = channels;
    op.vertical = op.horizontal = {kernel, 1, kernel / 2, kernel / 2, 1};
    return add(op, {channels, in.height, in.width}, {parameter({channels, in.channels, kernel, kernel}), parameter({channels})});
  }
  Chain& batch_norm() {
    const std::int64_t channels = shape().channels;
    return add(BatchNorm{}, shape(),
               {parameter({channels}), parameter({channels}), parameter({channels}, false), parameter({channels}, false)});
  }
  Chain& eltwise(Eltwise::Function function) { return add(Eltwise{function}, shape()); }
  Chain& relu() { return eltwise(Eltwise::Function::relu); }
  Chain& dropout() { return add(Dropout{}, shape()); }
  Chain& max_pool(std::int64_t kernel) { return max_pool({kernel, kernel, 0, 0, 1}); }
  Chain& max_pool(const Window& window) { return pool({Pooling::Kind::max, window, window}); }
  Chain& pool(const Pooling& op) {
    return add(op, {shape().channels, window_output(shape().height, op.vertical), window_output(shape().width, op.horizontal)});
  }
  Chain& layer_norm() { return add(LayerNorm{}, shape(), {parameter({shape().channels}), parameter({shape().channels})}); }
  Chain& group_norm(std::int64_t groups) {
    return add(GroupNorm{groups}, shape(), {parameter({shape().channels}), parameter({shape().channels})});
  }
  Chain& adaptive_pool(Pooling::Kind kind, std::int64_t size) {
    return add(AdaptivePooling{kind, size, size}, {shape().channels, size, size});
  }
  Chain& flatten() { return add(Flatten{}, {shape().count(), 1, 1, true}); }
  Chain& linear(std::int64_t features) {
    return add(InnerProduct{features}, {features, 1, 1, true}, {parameter({features, shape().channels}), parameter({features})});
  }
  /// Lets the next node read this value.
  Chain& from(ValueId value) {
    graph_.output = value;
    return *this;
  }

  operator const Graph&() const { return graph_; }

 private:
  const Shape& shape() const { return graph_.output_shape(); }

  ParameterId parameter(std::vector<std::int64_t> dims, bool trainable = true) {
    return add_parameter(graph_, {"p" + std::to_string(graph_.parameters.size()), std::move(dims), {}, trainable});
  }

  Chain& add(Op op, const Shape& output, std::vector<ParameterId> parameters = {}) {
    const auto layer = static_cast<LayerId>(graph_.layers.size());
    Layer row;
    row.name = std::to_string(layer);
    graph_.layers.push_back(row);
    graph_.output = add_node(graph_, std::move(op), {graph_.output}, output, std::move(parameters), layer);
    return *this;
  }

  Graph graph_;
};

}  // namespace cnnctl
