#include "engine/runtime/chooser.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <span>
#include <utility>

#include "engine/runtime/timing.h"

namespace cnnctl {
namespace {

constexpr int kLeastRounds = 3, kMostRounds = 20;
constexpr double kRoundSeconds = 0.012;  // of all rounds together, beyond the least number
constexpr double kHopeless = 1.5;        // times as slow as the best
constexpr double kClearly = 0.97;        // of the rule's time: what is nearer is noise
constexpr double kBeyondDoubt = 0.85;    // of the rule's time: what is further needs no second race
// The arena is planned from the sizes of maps. A trial may take this much of what the rule's takes, and so many bytes more.
constexpr double kMostMemory = 1.5;
constexpr std::int64_t kSpareBytes = 8 << 20;

constexpr std::int64_t kMostOtherBytes = 64 << 20;  // more than caches hold

using Trials = std::vector<Trial*>;

/// Writes over the maps that a step handles between two runs of a trial's steps: what they leave in the caches decides between ways that
/// read from memory and ways that compute. A trial that finds its maps in a cache says little of a large network.
void handle(std::span<std::byte> others) {
  constexpr std::int64_t part = 1 << 16;
  const auto size = static_cast<std::int64_t>(others.size());
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < size; i += part) std::memset(others.data() + i, 0, static_cast<std::size_t>(std::min(part, size - i)));
}

/// So many seconds from now.
class Deadline {
 public:
  explicit Deadline(double seconds) : seconds_(seconds) {}
  bool passed() const { return seconds_since(start_) > seconds_; }

 private:
  Clock::time_point start_ = Clock::now();
  double seconds_;
};

/// Each trial's shortest time, in turns, so that a slow moment of the machine hits all; nothing where the time is over before each has run.
std::optional<std::vector<double>> race(const Trials& trials, std::span<std::byte> others, const Deadline& deadline) {
  for (Trial* trial : trials) {
    trial->run();  // warms up
    if (deadline.passed()) return std::nullopt;
  }
  std::vector<double> best(trials.size(), std::numeric_limits<double>::infinity());
  const auto start = Clock::now();
  for (int round = 0; round < kMostRounds && (round < kLeastRounds || seconds_since(start) < kRoundSeconds); ++round)
    for (std::size_t i = 0; i < trials.size(); ++i) {
      if (round > 0 && best[i] > kHopeless * *std::min_element(best.begin(), best.end())) continue;
      if (deadline.passed()) return round > 0 ? std::optional(best) : std::nullopt;
      handle(others);
      best[i] = std::min(best[i], trials[i]->run());
    }
  return best;
}

/// The index of the fastest trial, where it beats the first one clearly, and by little does so again: what is timed once is trusted for
/// long.
std::optional<std::size_t> winner(const Trials& trials, std::span<std::byte> others, const Deadline& deadline) {
  const auto times = race(trials, others, deadline);
  if (!times) return std::nullopt;
  const auto best = static_cast<std::size_t>(std::min_element(times->begin(), times->end()) - times->begin());
  if ((*times)[best] >= kClearly * times->front()) return 0;
  if ((*times)[best] < kBeyondDoubt * times->front()) return best;
  const auto again = race({trials.front(), trials[best]}, others, deadline);
  if (!again) return std::nullopt;
  return again->back() < kClearly * again->front() ? best : 0;
}

/// The candidate that the choices name for `key`; nothing where they name none, or something that is no candidate.
std::optional<std::size_t> chosen_by(const Choices& choices, const std::string& key, const std::vector<Candidate>& candidates) {
  const auto choice = choices.find(key);
  if (choice == choices.end()) return std::nullopt;
  const auto found = std::find_if(candidates.begin(), candidates.end(), [&](const Candidate& c) { return c.name == choice->second; });
  return found == candidates.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - candidates.begin()));
}

const AlignedMemory& no_memory() {
  static const AlignedMemory none;
  return none;
}

}  // namespace

Chooser::Chooser() : Chooser({}, no_memory(), [] { return std::int64_t{0}; }) {}

Chooser::Chooser(const ModelOptions& options, const AlignedMemory& arena, std::function<std::int64_t()> step_bytes)
    : known_(options.known),
      most_seconds_(options.tuning_seconds),
      before_tuning_(options.before_tuning),
      deterministic_(options.deterministic),
      bf16_(options.precision == Precision::bf16),
      arena_(arena),
      find_step_bytes_(std::move(step_bytes)) {}

std::size_t Chooser::choose(const std::string& key, const std::vector<Candidate>& candidates) {
  if (candidates.size() == 1) return 0;
  if (const auto before = chosen_by(choices_, key, candidates)) return *before;
  const auto known = chosen_by(known_, key, candidates);
  if (known) ++tuning_.known;
  const std::size_t chosen = known ? *known : decide(key, candidates);
  choices_[key] = candidates[chosen].name;
  return chosen;
}

std::size_t Chooser::decide(const std::string& key, const std::vector<Candidate>& candidates) {
  if (tuning_.seconds >= most_seconds_) return 0;
  if (before_tuning_) before_tuning_();
  const auto start = Clock::now();
  const auto found = fastest(candidates);
  tuning_.seconds += seconds_since(start);
  if (found) tuning_.timed[key] = candidates[*found].name;
  return found.value_or(0);
}

std::optional<std::size_t> Chooser::fastest(const std::vector<Candidate>& candidates) {
  const Deadline deadline(most_seconds_ - tuning_.seconds);
  std::vector<std::unique_ptr<Trial>> owned;
  Trials trials;
  std::vector<std::size_t> owners;
  std::int64_t bytes = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    owned.push_back(candidates[i].trial());
    Trial& trial = *owned.back();
    if (trial.bytes() - kSpareBytes > static_cast<std::int64_t>(kMostMemory * static_cast<double>(owned.front()->bytes()))) continue;
    bytes = std::max(bytes, trial.bytes());
    trials.push_back(&trial);
    owners.push_back(i);
  }
  if (!step_bytes_) step_bytes_ = find_step_bytes_();
  const std::int64_t other_bytes = std::clamp<std::int64_t>(*step_bytes_ - bytes, 0, kMostOtherBytes);
  const AlignedMemory* memory = memory_for(bytes + other_bytes);
  if (memory == nullptr) return std::nullopt;
  std::memset(memory->data(), 0, static_cast<std::size_t>(bytes));  // what was there before might be numbers that are slow to compute with
  for (Trial* trial : trials) trial->bind(memory->data());
  const std::span others(memory->data() + bytes, static_cast<std::size_t>(other_bytes));
  const auto best = winner(trials, others, deadline);
  return best ? std::optional(owners[*best]) : std::nullopt;
}

void Chooser::forget_memory() {
  memory_.forget();
  memory_ = AlignedMemory();
}

/// So many bytes for trials and the other maps behind them; nullptr where the process has too little.
const AlignedMemory* Chooser::memory_for(std::int64_t bytes) {
  const auto wanted = static_cast<std::size_t>(bytes);
  if (arena_.size() >= wanted) return &arena_;
  if (bytes > available_memory() / 4) return nullptr;
  if (memory_.size() < wanted) {
    forget_memory();
    memory_ = AlignedMemory::untouched(wanted);
  }
  return &memory_;
}

}  // namespace cnnctl
