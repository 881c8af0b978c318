#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "engine/graph/backward_memory.h"
#include "engine/graph/passes/passes.h"

namespace cnnctl {
namespace {

using Bytes = std::int64_t;  // for a batch of one image

// The bound is found to this fraction of what is kept without recomputing.
constexpr int search_steps = 12;

/// Nodes from `begin` up to, not including, `end`, and what is alive while the backward pass is in them.
struct Run {
  int begin = 0;
  int end = 0;
  Bytes kept = 0;    // values that earlier runs have handed on
  Bytes inner = 0;   // what its own nodes keep for the backward pass, and gradients
  Bytes stored = 0;  // what keeping its values until then takes, beyond those that are handed on
};

/// What is alive in the backward pass of a run, whose nodes are added from the last one on.
class Inside {
 public:
  /// `size`: of the node's value; `crosses`: whether later runs read it.
  void add(const BackwardMemory& memory, Bytes size, bool crosses) {
    if (crosses) {
      if (handed_on_ > 0 || kept_ > 0) gradients_of_others_ += size;
      handed_on_ += size;
    } else {
      kept_ += memory.kept;
      if (reads_) behind_ += memory.kept;
    }
    reads_ |= memory.reads_inputs;
    Bytes& most = reads_ ? behind_ : in_front_;
    most = std::max(most, memory.own + memory.gradients);
  }

  /// All that its nodes keep for the backward pass and do not hand on, and all that they hand on.
  Bytes kept() const { return kept_; }
  Bytes handed_on() const { return handed_on_; }
  /// The most of what they keep and of gradients that is alive at a time.
  Bytes most() const { return std::max(in_front_, behind_) + gradients_of_others_; }

 private:
  Bytes kept_ = 0, handed_on_ = 0;
  // Values are computed again where the backward pass reads the first one of them, and take nothing in front of that.
  Bytes in_front_ = 0, behind_ = 0;
  Bytes gradients_of_others_ = 0;  // of values that are handed on beside the last one's: they wait for their nodes
  bool reads_ = false;
};

/// Cuts a graph into runs of consecutive nodes. Values that cross a cut stand until the backward pass has used them; the others are
/// computed again.
class Cutter {
 public:
  explicit Cutter(const Graph& graph)
      : graph_(graph), nodes_(static_cast<int>(graph.nodes.size())), memory_(backward_memory(graph)), last_reader_(graph.values.size(), 0) {
    for (const Shape& shape : graph.values) sizes_.push_back(checked_product(shape.count(), static_cast<Bytes>(sizeof(float))));
    for (int node = 0; node < nodes_; ++node)
      for (const ValueId input : graph.nodes[index_of(node)].inputs) last_reader_[index_of(input)] = node;
    last_reader_[index_of(graph.output)] = nodes_;
  }

  /// What everything together takes.
  Bytes most() const {
    Bytes sum = sizes_.front();
    for (int node = 0; node < nodes_; ++node) {
      const BackwardMemory& memory = memory_[index_of(node)];
      sum = checked_sum(sum, checked_sum(size(output(node)), checked_sum(memory.kept, memory.gradients)));
    }
    return sum;
  }

  /// Runs of which none takes more than `bound`, those that hand on the least; nothing where there are none.
  std::optional<std::vector<Run>> cut(Bytes bound) const {
    std::vector<std::optional<Run>> best(index_of(nodes_) + 1);  // by the node behind the run
    std::vector<Bytes> kept(index_of(nodes_) + 1, std::numeric_limits<Bytes>::max());
    kept[0] = sizes_.front();
    for (int end = 1; end <= nodes_; ++end) {
      Inside inside;
      for (int begin = end - 1; begin >= 0; --begin) {
        const bool crosses = last_reader_[index_of(output(begin))] >= end;
        inside.add(memory_[index_of(begin)], size(output(begin)), crosses);
        const Bytes inner = inside.most(), handed_on = inside.handed_on();
        if (inner > bound) break;
        if (!best[index_of(begin)] && begin > 0) continue;
        const Bytes before = kept[index_of(begin)];
        if (before + inner > bound || before + handed_on >= kept[index_of(end)]) continue;
        kept[index_of(end)] = before + handed_on;
        best[index_of(end)] = Run{begin, end, before, inner, inside.kept()};
      }
    }
    if (!best.back()) return std::nullopt;
    std::vector<Run> runs;
    for (int end = nodes_; end > 0; end = runs.back().begin) runs.push_back(*best[index_of(end)]);
    std::reverse(runs.begin(), runs.end());
    return runs;
  }

 private:
  ValueId output(int node) const { return graph_.nodes[index_of(node)].output; }
  Bytes size(ValueId value) const { return sizes_[index_of(value)]; }

  const Graph& graph_;
  int nodes_;
  std::vector<BackwardMemory> memory_;  // by node
  std::vector<Bytes> sizes_;            // by value
  std::vector<int> last_reader_;        // by value: a node; the caller counts as the one behind the last
};

/// The least bound that there are runs for, and the runs.
std::pair<Bytes, std::vector<Run>> cut_for_least_memory(const Cutter& cutter) {
  Bytes possible = cutter.most(), impossible = 0;
  const Bytes exact = possible >> search_steps;
  std::vector<Run> runs = *cutter.cut(possible);
  while (possible - impossible > std::max<Bytes>(exact, 1)) {
    const Bytes middle = impossible + (possible - impossible) / 2;
    if (auto found = cutter.cut(middle)) {
      runs = *std::move(found);
      possible = middle;
    } else {
      impossible = middle;
    }
  }
  return {possible, std::move(runs)};
}

}  // namespace

Graph plan_recomputation(Graph graph) {
  if (graph.nodes.empty()) return graph;
  const auto [bound, runs] = cut_for_least_memory(Cutter(graph));
  // A run whose values there is room for, while the backward pass is in later ones, is not computed twice. The last ones come first: what
  // they keep is in nobody's way for long, and their maps are small beside the work that goes into them.
  Bytes later = 0;
  for (std::size_t i = runs.size(); i-- > 0;) {
    const Run& run = runs[i];
    const bool fits = later + run.stored <= bound;
    later = std::max(fits ? later + run.stored : later, run.kept + run.inner);
    for (int node = run.begin; node < run.end; ++node) graph.nodes[index_of(node)].recomputed = fits ? -1 : static_cast<int>(i);
  }
  return graph;
}

}  // namespace cnnctl
