#include "cli/commands/recipe.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "cli/terminal/numbers.h"
#include "engine/graph/shape.h"

namespace cnnctl {

Mixing mixing_of(const TrainSpec& spec) { return {spec.mixup, spec.cutmix, static_cast<std::uint64_t>(spec.seed)}; }

TrainerOptions trainer_options(const TrainSpec& spec) {
  TrainerOptions options{.epochs = spec.epochs,
                         .batch_size = spec.batch_size,
                         .drop_last = spec.drop_last,
                         .accumulate = spec.accumulate,
                         .clip_grad_value = spec.clip_grad_value,
                         .clip_grad_norm = spec.clip_grad_norm,
                         .early_stopping = {},
                         .checkpoint_every = spec.checkpoint_every,
                         .mixing = mixing_of(spec)};
  if (const auto& stopping = spec.early_stopping)
    options.early_stopping = {.by_loss = stopping->monitor == "loss", .patience = stopping->patience, .min_delta = stopping->min_delta};
  return options;
}

GroupRules group_rules(const TrainSpec& spec) {
  const auto spares = [&](const char* what) { return std::find(spec.no_decay.begin(), spec.no_decay.end(), what) != spec.no_decay.end(); };
  GroupRules rules{.patterns = {}, .decay_norms = !spares("norms"), .decay_biases = !spares("biases")};
  for (const GroupSpec& group : spec.groups) rules.patterns.push_back({group.pattern.glob, group.lr, group.weight_decay});
  return rules;
}

std::int64_t recipe_bytes(const TrainSpec& spec, const Graph& graph) {
  std::int64_t trained = 0, all = 0;
  for (const Parameter& parameter : graph.parameters) {
    all = checked_sum(all, parameter.count());
    if (parameter.trainable) trained = checked_sum(trained, parameter.count());
  }
  const std::int64_t elements = checked_sum(spec.accumulate > 1 ? trained : 0, spec.ema ? all : 0);
  return checked_product(elements, static_cast<std::int64_t>(sizeof(float)));
}

std::string short_for_average(const TrainSpec& spec, const RunLength& run) {
  constexpr double reaches = 5;  // after so many times the updates that it averages, the first weights count for less than a hundredth
  if (!spec.ema || (1 - *spec.ema) * static_cast<double>(run.updates) >= reaches) return {};
  return fmt::format(
      "train.ema: {} averages the weights of about {} updates, of which the run has {}: what is evaluated and saved stays near the first "
      "weights; a smaller ema suits so short a run, or --set train.ema=none",
      *spec.ema, with_separators(std::llround(1 / (1 - *spec.ema))), with_separators(run.updates));
}

void check_is_measured(const Experiment& experiment, const Schedule& schedule, bool has_images) {
  if (has_images) return;
  const auto fail = [&](const Place& place, const std::string& what) {
    fail_at(place, fmt::format("{}: dataset {} has no test images to tell how good an epoch was; "
                               "data.validation: 0.1 takes some of the training images",
                               what, experiment.data.dataset.type));
  };
  if (const auto& stopping = experiment.train.early_stopping) fail(stopping->place, "early_stopping");
  if (schedule.reads_accuracy()) fail(experiment.train.schedule.place, "plateau by the accuracy");
}

}  // namespace cnnctl
