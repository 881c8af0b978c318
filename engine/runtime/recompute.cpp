#include "engine/runtime/recompute.h"

#include <utility>

namespace cnnctl {
namespace {

LabelledStep again(const LabelledStep& step) {
  StepLabel label = step.label;
  label.pass += " again";
  return {std::move(label), step.uses, step.step->copy()};
}

}  // namespace

void add_replays(CompiledProgram& program, const Recomputation& recomputation) {
  for (std::size_t i = 0; i < recomputation.renewed.size(); ++i) {
    if (!recomputation.renewed[i]) continue;
    program.renewals.push_back({static_cast<BufferId>(i), static_cast<BufferId>(program.buffers.size())});
    program.buffers.push_back(Buffer(program.buffers[i]));
  }
  std::vector<LabelledStep> backward;
  auto replay = recomputation.replays.begin();
  for (std::size_t i = 0; i < program.backward.size(); ++i) {
    if (replay != recomputation.replays.end() && replay->before == i) {
      for (const std::size_t step : replay->steps) backward.push_back(again(program.forward[step]));
      ++replay;
    }
    backward.push_back(std::move(program.backward[i]));
  }
  program.backward = std::move(backward);
}

}  // namespace cnnctl
