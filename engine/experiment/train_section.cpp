#include "engine/experiment/train_section.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/experiment/later_keys.h"
#include "engine/graph/freeze.h"
#include "engine/graph/glob.h"

namespace cnnctl {
namespace {

constexpr double most = 1'000'000'000;

/// How to find out what patterns can match.
constexpr const char* names_hint = "parameters are called after their layers, which 'cnnctl shape-check' lists, as layer1.0.weight";

/// The keys of train as they are written. The items among them are read once their tables are at hand.
struct TrainArguments : TrainSpec {
  Value loss_item = scalar_value("cross_entropy");
  Value optimizer_item = scalar_value("adam");
  Value schedule_item = scalar_value("constant");
  std::optional<Value> early_stopping_item;
  std::optional<Value> groups_item;
  std::optional<Value> mixup_item;
  std::optional<Value> cutmix_item;
  std::vector<std::string> freeze_globs;
};

const Schema<TrainArguments>& train_schema() {
  static const Schema<TrainArguments> schema =
      Schema<TrainArguments>("train", "How the network is trained.")
          .optional("epochs", &TrainSpec::epochs, "passes over the training images", between(1, most))
          .optional("batch_size", &TrainSpec::batch_size, "images in a step", between(1, 1'000'000))
          .optional("seed", &TrainSpec::seed,
                    "of all that is random: the first weights, the order and choice of images, their transforms and mixing, dropout",
                    at_least(0))
          .optional("log_every", &TrainSpec::log_every, "steps between two lines of output", at_least(1))
          .optional("drop_last", &TrainSpec::drop_last, "leave out the last batch of an epoch where it is smaller than the others")
          .optional("loss", &TrainArguments::loss_item, "what is minimized")
          .optional("optimizer", &TrainArguments::optimizer_item, "how the weights follow their gradients, as {adam: {lr: 0.001}}")
          .optional("schedule", &TrainArguments::schedule_item, "how the learning rate changes as training goes on")
          .optional("precision", &TrainSpec::precision, "of what convolutions multiply; all else is f32", {}, {"f32", "bf16"})
          .optional("device", &TrainSpec::device, "what computes; auto takes the CPU", {}, {"auto", "cpu"})
          .optional("deterministic", &TrainSpec::deterministic,
                    "the same bits in every run on the same machine and threads, also in new runs: nothing is timed")
          .optional("tune", &TrainSpec::tune, "time the ways to compute each convolution and take the fastest")
          .optional("recompute", &TrainSpec::recompute,
                    "compute activations again in the backward pass instead of keeping them: less memory, more time, the same numbers")
          .optional("checkpoint_every", &TrainSpec::checkpoint_every,
                    "how often a checkpoint is written, as 1 epoch, 500 steps or 10 minutes; so much work a crash can cost at most")
          .optional("accumulate", &TrainSpec::accumulate, "batches whose gradients make one update of the weights, as one batch would",
                    between(1, 1'000'000))
          .optional("clip_grad_norm", &TrainSpec::clip_grad_norm, "largest norm of the gradient; a larger one is scaled down to it",
                    above(0))
          .optional("clip_grad_value", &TrainSpec::clip_grad_value, "largest size of a gradient's element, before clip_grad_norm", above(0))
          .optional("ema", &TrainSpec::ema, "decay of an exponential moving average of the weights, which is evaluated and saved",
                    from_below(0, 1))
          .optional("early_stopping", &TrainArguments::early_stopping_item, "when the run ends early, as {patience: 5}")
          .optional("mixup", &TrainArguments::mixup_item, "mixes the images of a batch and their labels, as {alpha: 0.2}")
          .optional("cutmix", &TrainArguments::cutmix_item,
                    "puts a part of another image over each of a batch, as {alpha: 1}; with mixup, each batch goes either way")
          .optional("freeze", &TrainArguments::freeze_globs, "patterns of the names of parameters that keep their values, as [layer1.*]")
          .optional("no_decay", &TrainSpec::no_decay, "what weight_decay leaves alone, as [norms, biases]", {}, {"norms", "biases"})
          .optional("groups", &TrainArguments::groups_item, "rates of some parameters by patterns of their names, as {'fc.*': {lr: 0.01}}");
  return schema;
}

const Schema<EarlyStoppingSpec>& early_stopping_schema() {
  using Spec = EarlyStoppingSpec;
  static const Schema<Spec> schema =
      Schema<Spec>("early_stopping", "When a run ends before its last epoch.")
          .required("patience", &Spec::patience, "epochs in a row without a better result after which the run ends", at_least(1))
          .optional("min_delta", &Spec::min_delta, "how much better than the best before a result must be", at_least(0))
          .optional("monitor", &Spec::monitor, "the result, of the images that are evaluated after each epoch", {}, {"accuracy", "loss"});
  return schema;
}

const Schema<GroupSpec>& groups_schema() {
  static const Schema<GroupSpec> schema =
      Schema<GroupSpec>("groups", "What the parameters have whose names match a pattern; of several patterns that match, the first counts.")
          .optional("lr", &GroupSpec::lr, "learning rate in place of the optimizer's, which the schedule changes alike", at_least(0))
          .optional("weight_decay", &GroupSpec::weight_decay, "weight decay in place of the optimizer's", at_least(0));
  return schema;
}

struct MixingArguments {
  double alpha = 1;
};

Schema<MixingArguments> mixing_schema(const std::string& name, const std::string& summary, const std::string& source) {
  return Schema<MixingArguments>(name, summary, source)
      .optional("alpha", &MixingArguments::alpha, "both parameters of the beta distribution that shares are drawn from, once a batch",
                between(0.001, 1000));
}

const Schema<MixingArguments>& mixup_schema() {
  static const Schema<MixingArguments> schema =
      mixing_schema("mixup", "Each image becomes a weighted mean of itself and the one before it in the batch, and so does its label.",
                    "torchvision.transforms.v2.MixUp");
  return schema;
}

const Schema<MixingArguments>& cutmix_schema() {
  static const Schema<MixingArguments> schema =
      mixing_schema("cutmix", "A box of the image before it in the batch is put over each image; the labels get the areas' shares.",
                    "torchvision.transforms.v2.CutMix");
  return schema;
}

const std::vector<LaterKey>& later_keys() {
  static const std::vector<LaterKey> keys = {
      {"device", "gpu", "write device: cpu, or auto"},
      {"device", "cuda", "write device: cpu, or auto"},
  };
  return keys;
}

std::optional<EarlyStoppingSpec> read_early_stopping(const Value& value, Diagnostics& diagnostics) {
  auto spec = early_stopping_schema().read(value, value.place, diagnostics);
  if (spec) spec->place = value.place;
  return spec;
}

/// alpha, which may also stand alone in the place of {alpha: ...}; nothing where there is none or it is wrong.
std::optional<double> read_alpha(const std::optional<Value>& value, const Schema<MixingArguments>& schema, Diagnostics& diagnostics) {
  if (!value) return std::nullopt;
  Value arguments = *value;
  if (value->is_scalar()) {
    arguments = {};
    arguments.kind = Value::Kind::map;
    arguments.place = value->place;
    arguments.entries = {{"alpha", value->place, *value}};
  }
  const auto mixing = schema.read(arguments, value->place, diagnostics);
  return mixing ? std::optional(mixing->alpha) : std::nullopt;
}

/// Globs with their places, which `value`, one of them or a list, has.
std::vector<Pattern> with_places(const std::vector<std::string>& globs, const Value* value) {
  std::vector<Pattern> patterns;
  for (std::size_t i = 0; i < globs.size(); ++i) patterns.push_back({globs[i], value->is_list() ? value->items[i].place : value->place});
  return patterns;
}

/// The patterns with their rates, in the order of the file.
std::vector<GroupSpec> read_groups(const Value& value, Diagnostics& diagnostics) {
  std::vector<GroupSpec> groups;
  if (!value.is_map())
    diagnostics.error(value.place, fmt::format("groups must be a map of patterns, not {}", describe(value)), "write {'fc.*': {lr: 0.01}}");
  for (const Entry& entry : value.entries)
    if (auto group = groups_schema().read(entry.value, entry.key_place, diagnostics)) {
      group->pattern = {entry.key, entry.key_place};
      groups.push_back(std::move(*group));
    }
  return groups;
}

/// The item `key` of `train`, or `fallback` where it is not there.
Selection read_choice(const Value& train, const char* key, const Value& fallback, const std::vector<Choice>& table,
                      Diagnostics& diagnostics) {
  const Value* value = train.find(key);
  return select(value ? *value : fallback, key, table, diagnostics).value_or(Selection{});
}

}  // namespace

TrainSpec read_train(const Value& train, const Place& place, const Tables& tables, Diagnostics& diagnostics) {
  const TrainArguments defaults;
  const Value known = without_later_keys(train, later_keys(), diagnostics);
  const std::optional<TrainArguments> arguments = train_schema().read(known, place, diagnostics);

  TrainSpec spec = arguments.value_or(defaults);
  if (arguments && arguments->early_stopping_item) spec.early_stopping = read_early_stopping(*arguments->early_stopping_item, diagnostics);
  if (arguments) spec.mixup = read_alpha(arguments->mixup_item, mixup_schema(), diagnostics);
  if (arguments) spec.cutmix = read_alpha(arguments->cutmix_item, cutmix_schema(), diagnostics);
  if (arguments) spec.freeze = with_places(arguments->freeze_globs, known.find("freeze"));
  if (arguments && arguments->groups_item) spec.groups = read_groups(*arguments->groups_item, diagnostics);
  // Read even where another key is wrong, so that all mistakes show at once.
  spec.loss = read_choice(known, "loss", defaults.loss_item, tables.losses, diagnostics);
  spec.optimizer = read_choice(known, "optimizer", defaults.optimizer_item, tables.optimizers, diagnostics);
  spec.schedule = read_choice(known, "schedule", defaults.schedule_item, tables.schedules, diagnostics);
  return spec;
}

void apply_patterns(const TrainSpec& train, Graph& graph, Diagnostics& diagnostics) {
  const auto check = [&](const Pattern& pattern, const char* what) {
    const bool matches = std::any_of(graph.parameters.begin(), graph.parameters.end(), [&](const Parameter& parameter) {
      return parameter.trainable && glob_matches(pattern.glob, parameter.name);
    });
    if (!matches) diagnostics.error(pattern.place, fmt::format("'{}' matches no parameter that {}", pattern.glob, what), names_hint);
  };
  std::vector<std::string> frozen;
  for (const Pattern& pattern : train.freeze) {
    check(pattern, "could be trained");
    frozen.push_back(pattern.glob);
  }
  freeze(graph, frozen);
  for (const GroupSpec& group : train.groups) check(group.pattern, "is trained");
  const bool trains = std::any_of(graph.parameters.begin(), graph.parameters.end(), [](const Parameter& each) { return each.trainable; });
  if (!train.freeze.empty() && !trains)
    diagnostics.error(train.freeze.front().place, "freeze leaves no parameter to train", "leave out the last layer's, as [layer*]");
}

const Declaration& early_stopping_declaration() { return early_stopping_schema().declaration(); }
const Declaration& groups_declaration() { return groups_schema().declaration(); }
const Declaration& mixup_declaration() { return mixup_schema().declaration(); }
const Declaration& cutmix_declaration() { return cutmix_schema().declaration(); }
const Declaration& train_declaration() { return train_schema().declaration(); }

}  // namespace cnnctl
