#include "engine/graph/recomputation.h"

#include <algorithm>
#include <map>
#include <variant>

namespace cnnctl {
namespace {

constexpr int none = -1;
// What a step writes for the backward pass beside a map is kept where the map takes at least so many times as much, as beside a norm's
// statistics and the places of maxima.
constexpr std::int64_t map_to_kept_ratio = 3;

/// By buffer, who uses it.
struct Usage {
  int run = none;  // the one run of nodes whose steps use it
  bool elsewhere = false;
  std::optional<std::size_t> first_forward;  // the step that writes it
  bool in_backward = false;

  void add(int by) {
    elsewhere |= by == none || (run != none && run != by);
    run = by;
  }
};

class Finder {
 public:
  Finder(const Graph& graph, const ProgramUses& program) : graph_(graph), program_(program), usages_(program.bytes.size()) {
    for (std::size_t i = 0; i < program.forward.size(); ++i)
      for (const int buffer : program.forward[i].buffers) {
        Usage& usage = usages_[index_of(buffer)];
        usage.add(run_of(program.forward[i]));
        if (!usage.first_forward) usage.first_forward = i;
      }
    for (const StepUses& step : program.backward)
      for (const int buffer : step.buffers) {
        usages_[index_of(buffer)].add(run_of(step));
        usages_[index_of(buffer)].in_backward = true;
      }
    for (const auto* callers : {&program.before, &program.between, &program.after})
      for (const int buffer : *callers) usages_[index_of(buffer)].add(none);
    result_.renewed.assign(program.bytes.size(), false);
  }

  Recomputation find() {
    std::map<int, std::vector<std::size_t>> forward_steps, waiting;  // by run
    for (std::size_t i = 0; i < program_.forward.size(); ++i)
      if (const int run = run_of(program_.forward[i]); run != none) forward_steps[run].push_back(i);
    for (const StepUses& step : program_.backward) renew(step.buffers, run_of(step));
    for (const auto& [run, steps] : forward_steps) waiting[run] = steps_again(run, steps);
    for (std::size_t i = 0; i < program_.backward.size(); ++i)
      if (const int run = run_of(program_.backward[i]); run != none) add_replay(i, waiting[run]);
    return std::move(result_);
  }

 private:
  int run_of(const StepUses& step) const { return step.node == none ? none : graph_.nodes[index_of(step.node)].recomputed; }

  bool is_output(int buffer, int node) const { return program_.outputs[index_of(node)] == buffer; }

  bool is_kept_beside_map(int buffer, const Usage& usage) const {
    const int node = program_.forward[*usage.first_forward].node;
    return usage.in_backward && !is_output(buffer, node) &&
           program_.bytes[index_of(buffer)] <= program_.bytes[index_of(program_.outputs[index_of(node)])] / map_to_kept_ratio;
  }

  /// Whether the buffer need not stand between the forward steps of the run and its backward ones.
  bool movable(int buffer, int run) const {
    const Usage& usage = usages_[index_of(buffer)];
    return !program_.stays[index_of(buffer)] && usage.run == run && !usage.elsewhere && usage.first_forward &&
           !is_kept_beside_map(buffer, usage);
  }

  bool writes_needed(std::size_t step) const {
    const StepUses& uses = program_.forward[step];
    return !uses.once && std::any_of(uses.buffers.begin(), uses.buffers.end(), [&](int buffer) {
      return result_.renewed[index_of(buffer)] && (usages_[index_of(buffer)].first_forward == step || is_output(buffer, uses.node));
    });
  }

  /// Gives a second life to those of a step's buffers that need not stand in between.
  void renew(const std::vector<int>& buffers, int run) {
    if (run == none) return;
    for (const int buffer : buffers)
      if (movable(buffer, run)) result_.renewed[index_of(buffer)] = true;
  }

  /// The run's steps that lead to what its backward steps read. What they work on is needed again as well.
  std::vector<std::size_t> steps_again(int run, const std::vector<std::size_t>& steps) {
    std::vector<std::size_t> again;
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
      if (!writes_needed(*step)) continue;
      again.push_back(*step);
      renew(program_.forward[*step].buffers, run);
    }
    std::reverse(again.begin(), again.end());
    return again;
  }

  /// Of the steps that wait to run again, lets those run up to the last one that shares a buffer with the backward step: not earlier, since
  /// what they write takes memory, and in their order, since some may write over what others read.
  void add_replay(std::size_t before, std::vector<std::size_t>& waiting) {
    const std::vector<int>& read = program_.backward[before].buffers;
    const auto gives = [&](std::size_t step) {
      const std::vector<int>& buffers = program_.forward[step].buffers;
      return std::any_of(buffers.begin(), buffers.end(), [&](int buffer) {
        return result_.renewed[index_of(buffer)] && std::find(read.begin(), read.end(), buffer) != read.end();
      });
    };
    const auto end = std::find_if(waiting.rbegin(), waiting.rend(), gives).base();
    if (end == waiting.begin()) return;
    result_.replays.push_back({before, {waiting.begin(), end}});
    waiting.erase(waiting.begin(), end);
  }

  const Graph& graph_;
  const ProgramUses& program_;
  std::vector<Usage> usages_;
  Recomputation result_;
};

void live(std::optional<Lifetime>& life, std::int64_t bytes, int step) {
  if (!life) life = Lifetime{bytes, step, step};
  life->last = step;
}

}  // namespace

Recomputation find_recomputation(const Graph& graph, const ProgramUses& program) { return Finder(graph, program).find(); }

Lives find_lives(const ProgramUses& program, const Recomputation& recomputation) {
  Lives lives{std::vector<std::optional<Lifetime>>(program.bytes.size()), std::vector<std::optional<Lifetime>>(program.bytes.size())};
  int step = 0;
  const auto use = [&](const std::vector<int>& buffers, bool backward) {
    for (const int buffer : buffers) {
      const bool again = backward && recomputation.renewed[index_of(buffer)];
      live((again ? lives.again : lives.first)[index_of(buffer)], program.bytes[index_of(buffer)], step);
    }
    ++step;
  };
  use(program.before, false);
  for (const StepUses& uses : program.forward) use(uses.buffers, false);
  use(program.between, false);
  auto replay = recomputation.replays.begin();
  for (std::size_t i = 0; i < program.backward.size(); ++i) {
    if (replay != recomputation.replays.end() && replay->before == i) {
      for (const std::size_t again : replay->steps) use(program.forward[again].buffers, true);
      ++replay;
    }
    use(program.backward[i].buffers, true);
  }
  use(program.after, false);
  return lives;
}

int first_free_run(const Graph& graph) {
  int run = 0;
  for (const Node& node : graph.nodes) run = std::max(run, node.recomputed + 1);
  return run;
}

std::vector<bool> values_that_stay(const Graph& graph) {
  std::vector<bool> stays(graph.values.size(), false);
  std::vector<int> runs(graph.values.size(), none);  // of the node that writes the value
  for (const Node& node : graph.nodes) runs[index_of(node.output)] = node.recomputed;
  for (const Node& node : graph.nodes)
    for (const ValueId input : node.inputs)
      if (runs[index_of(input)] != node.recomputed) stays[index_of(input)] = true;
  if (runs[index_of(graph.output)] != none) stays[index_of(graph.output)] = true;
  // A flattened map is the same data.
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node)
    if (std::holds_alternative<Flatten>(node->op) && stays[index_of(node->output)]) stays[index_of(node->inputs.front())] = true;
  return stays;
}

}  // namespace cnnctl
