#include "engine/runtime/trial.h"

#include "engine/runtime/chooser.h"
#include "engine/runtime/timing.h"

namespace cnnctl {
namespace {

/// The graph of a copy of the node, whose inputs are the graph's first values.
Graph alone(const Graph& graph, const Node& node) {
  Graph result;
  Node copy = node;
  copy.layer = 0;
  copy.recomputed = -1;
  result.layers.push_back(graph.layers[static_cast<std::size_t>(node.layer)]);
  for (ValueId& input : copy.inputs) {
    result.values.push_back(graph.values[static_cast<std::size_t>(input)]);
    input = static_cast<ValueId>(result.values.size() - 1);
  }
  for (ParameterId& parameter : copy.parameters) {
    result.parameters.push_back(graph.parameters[static_cast<std::size_t>(parameter)]);
    parameter = static_cast<ParameterId>(result.parameters.size() - 1);
  }
  result.values.push_back(graph.values[static_cast<std::size_t>(node.output)]);
  result.output = copy.output = static_cast<ValueId>(result.values.size() - 1);
  result.nodes.push_back(std::move(copy));
  return result;
}

void settle_as_in(const ParameterStore& store, const Node& node, ParameterStore& trial) {
  for (std::size_t i = 0; i < node.parameters.size(); ++i)
    if (const auto& desc = store.settled(node.parameters[i])) trial.settle(static_cast<ParameterId>(i), *desc);
}

}  // namespace

Trial::Trial(const Compiler& compiler, const Node& node, const AddSteps& add_steps)
    : graph_(alone(compiler.graph(), node)), store_(graph_) {
  settle_as_in(compiler.parameters(), node, store_);
  const std::uint64_t dropout_state = 0;
  Chooser chooser;
  const Mode mode = compiler.training() ? Mode::training : Mode::evaluation;
  Compiler trial(graph_, mode, compiler.batch_size(), store_, dropout_state, false, chooser);
  add_steps(trial, graph_.nodes.front());
  CompiledProgram compiled = trial.take();
  compiled.prepare.clear();  // runs once for many steps, so it does not count
  for (Buffer& buffer : compiled.buffers) buffer.home = BufferHome::arena;
  program_ = std::make_unique<StepListProgram>(std::move(compiled), compiler.batch_size(), store_, false);
}

double Trial::run() {
  const auto start = Clock::now();
  program_->forward();
  return seconds_since(start);
}

}  // namespace cnnctl
