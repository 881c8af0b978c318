#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "engine/runtime/compiler.h"
#include "engine/runtime/program.h"

namespace cnnctl {

/// One node's steps in one direction as a program of their own, to be timed.
class Trial {
 public:
  /// Adds the steps for a node of the compiler it is given: a copy, with the same shapes and parameters, that has a graph to itself.
  using AddSteps = std::function<void(Compiler&, const Node&)>;

  /// Weights have the format that they have in `compiler`'s program, where that is settled already: a way that wants another one pays for
  /// the conversion.
  Trial(const Compiler& compiler, const Node& node, const AddSteps& add_steps);

  /// The memory that the steps work on: maps, weights and scratch.
  std::int64_t bytes() const { return program_->arena_bytes(); }
  void bind(std::byte* memory) { program_->bind(memory); }

  /// Runs the steps once; returns the seconds that it took.
  double run();

 private:
  Graph graph_;
  ParameterStore store_;  // of formats alone: values stand in the memory that is bound
  std::unique_ptr<StepListProgram> program_;
};

}  // namespace cnnctl
