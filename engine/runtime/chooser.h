#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/runtime/aligned_memory.h"
#include "engine/runtime/choices.h"
#include "engine/runtime/model.h"
#include "engine/runtime/trial.h"

namespace cnnctl {

/// A way to do a piece of work: its name among the choices, and what makes a trial of it.
struct Candidate {
  std::string name;
  std::function<std::unique_ptr<Trial>()> trial;
};

/// Decides for a model which of several ways is taken, and keeps what it decided.
class Chooser {
 public:
  /// One that takes what the rules say.
  Chooser();

  /// Trials run in `arena` where it is large enough, and overwrite it; else in memory of their own. `step_bytes` says about what a step
  /// works on, of which trials take no more either; it is asked when the first one runs.
  Chooser(const ModelOptions& options, const AlignedMemory& arena, std::function<std::int64_t()> step_bytes);

  /// The index of the way to take; the first one is what a rule without a clock takes. What was known before about `key` decides, then
  /// the clock while there is time left, then the rule. The same key gets the same answer every time.
  std::size_t choose(const std::string& key, const std::vector<Candidate>& candidates);

  /// Gives back the memory of trials; to be called when a program has made its choices.
  void forget_memory();

  /// Whether only the plainest ways are to be offered.
  bool deterministic() const { return deterministic_; }
  /// Whether ways are to multiply in bfloat16 where they can.
  bool bf16() const { return bf16_; }

  /// All decisions so far between several ways.
  const Choices& choices() const { return choices_; }
  const Tuning& tuning() const { return tuning_; }

 private:
  std::size_t decide(const std::string& key, const std::vector<Candidate>& candidates);
  std::optional<std::size_t> fastest(const std::vector<Candidate>& candidates);
  const AlignedMemory* memory_for(std::int64_t bytes);

  Choices known_;
  double most_seconds_;
  std::function<void()> before_tuning_;
  bool deterministic_;
  bool bf16_;
  const AlignedMemory& arena_;
  std::function<std::int64_t()> find_step_bytes_;
  std::optional<std::int64_t> step_bytes_;
  AlignedMemory memory_;  // of trials
  Choices choices_;
  Tuning tuning_;
};

}  // namespace cnnctl
