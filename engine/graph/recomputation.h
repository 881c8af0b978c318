#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/graph/arena.h"
#include "engine/graph/graph.h"

namespace cnnctl {

/// Computing activations again in the backward pass instead of keeping them: which steps run twice, and which buffers with that stand
/// only while one of the passes needs them. Runtime asks for its steps, the estimate of memory for those that it imagines.

/// A step as far as memory goes: the node it belongs to, and the buffers it works on, by index. A buffer is written by the first step
/// that uses it, the buffer of a node's value by all steps of that node.
struct StepUses {
  int node = -1;
  std::vector<int> buffers;
  bool once = false;  // it changes what outlives the training step, so it must not run again
};

/// A training program's steps, a node's one after another, the backward ones in the reverse order of nodes; and what its caller reads and
/// writes in front of them, between the passes, and behind them.
struct ProgramUses {
  std::vector<int> before;
  std::vector<StepUses> forward;
  std::vector<int> between;
  std::vector<StepUses> backward;
  std::vector<int> after;
  std::vector<int> outputs;         // by node: the buffer that its value stands in
  std::vector<std::int64_t> bytes;  // by buffer
  std::vector<bool> stays;          // by buffer: it has to hold until the backward pass what the forward pass wrote, or is not in the arena
};

/// Forward steps that run again in front of a backward step.
struct Replay {
  std::size_t before = 0;          // index in ProgramUses::backward
  std::vector<std::size_t> steps;  // indices in ProgramUses::forward, ascending
};

struct Recomputation {
  std::vector<Replay> replays;  // in the order of `before`
  std::vector<bool> renewed;    // by buffer: what the replays and the backward pass work on is another one
};

/// What runs again, by Node::recomputed.
Recomputation find_recomputation(const Graph& graph, const ProgramUses& program);

/// By buffer, when it lives: its own life, and that of the other one where it is renewed. Nothing for buffers that no step uses.
struct Lives {
  std::vector<std::optional<Lifetime>> first, again;
};
Lives find_lives(const ProgramUses& program, const Recomputation& recomputation);

/// The number of a run that no node is in.
int first_free_run(const Graph& graph);

/// By value: whether it stands until the backward pass because a run of nodes that is computed again reads it, or because it is needed
/// outside of the run that it is computed in. No node may overwrite it, nor write it over its input.
std::vector<bool> values_that_stay(const Graph& graph);

}  // namespace cnnctl
