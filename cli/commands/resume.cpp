#include "cli/commands/resume.h"

#include <array>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/terminal/numbers.h"
#include "engine/diagnostics/diagnostic.h"

namespace cnnctl {
namespace {

/// A key that has to stay as it was for a run's whole length.
struct FixedKey {
  std::string_view name;
  std::string (*text)(const Experiment&);
};

std::string globs(const Experiment& experiment) {
  std::vector<std::string_view> patterns;
  for (const Pattern& pattern : experiment.train.freeze) patterns.push_back(pattern.glob);
  return fmt::format("[{}]", fmt::join(patterns, ", "));
}

constexpr std::array<FixedKey, 12> fixed_keys = {{
    {"input", [](const Experiment& e) { return to_string(e.graph.input_shape()); }},
    {"model", [](const Experiment& e) { return to_string(e.graph); }},
    {"data.dataset", [](const Experiment& e) { return e.data.dataset.type; }},
    {"data.shuffle", [](const Experiment& e) { return fmt::format("{}", e.data.shuffle); }},
    {"data.limit", [](const Experiment& e) { return e.data.limit ? std::to_string(*e.data.limit) : "none"; }},
    {"data.validation", [](const Experiment& e) { return fmt::format("{}", e.data.validation); }},
    {"train.batch_size", [](const Experiment& e) { return std::to_string(e.train.batch_size); }},
    {"train.drop_last", [](const Experiment& e) { return fmt::format("{}", e.train.drop_last); }},
    {"train.accumulate", [](const Experiment& e) { return std::to_string(e.train.accumulate); }},
    {"train.seed", [](const Experiment& e) { return std::to_string(e.train.seed); }},
    {"train.optimizer", [](const Experiment& e) { return e.train.optimizer.type; }},
    {"train.freeze", globs},
}};

/// What to do in place of a resume.
std::string advice(const std::string& folder) {
  return fmt::format("start a new run from its weights: cnnctl train {0}/config.yaml --init {0}/last.safetensors", folder);
}

}  // namespace

void check_resumable(const std::string& folder, const Experiment& before, const Experiment& after) {
  for (const FixedKey& key : fixed_keys) {
    const std::string old_text = key.text(before), new_text = key.text(after);
    if (old_text == new_text) continue;
    const std::string change = key.name == "model" ? "" : fmt::format(", from {} to {}", old_text, new_text);
    throw InputError(
        fmt::format("--resume {}: {} cannot change within a run{}; leave it as it is, or {}", folder, key.name, change, advice(folder)));
  }
}

void check_same_images(const std::string& folder, std::int64_t before, std::int64_t after) {
  if (before == after) return;
  throw InputError(
      fmt::format("--resume {}: the run was started with {} training images, and data.dataset has {} now; bring them back, or {}", folder,
                  with_separators(before), with_separators(after), advice(folder)));
}

}  // namespace cnnctl
