#include "engine/experiment/train_section.h"

#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "engine/experiment/later_keys.h"

namespace cnnctl {
namespace {

constexpr double most = 1'000'000'000;

/// The keys of train as they are written. The items among them are read once their tables are at hand.
struct TrainArguments : TrainSpec {
  std::string checkpoint_interval = "1 epoch";
  Value loss_item = scalar_value("cross_entropy");
  Value optimizer_item = scalar_value("adam");
  Value schedule_item = scalar_value("constant");
};

/// A member of TrainSpec as one of TrainArguments, which C++ does not deduce.
template <class Member>
constexpr auto of(Member TrainSpec::*member) {
  return static_cast<Member TrainArguments::*>(member);
}

const Schema<TrainArguments>& train_schema() {
  static const Schema<TrainArguments> schema =
      Schema<TrainArguments>("train", "How the network is trained.")
          .optional("epochs", of(&TrainSpec::epochs), "passes over the training images", between(1, most))
          .optional("batch_size", of(&TrainSpec::batch_size), "images in a step", between(1, 1'000'000))
          .optional("seed", of(&TrainSpec::seed), "of the first weights, the order of the images and dropout", at_least(0))
          .optional("log_every", of(&TrainSpec::log_every), "steps between two lines of output", at_least(1))
          .optional("drop_last", of(&TrainSpec::drop_last), "leave out the last batch of an epoch where it is smaller than the others")
          .optional("loss", &TrainArguments::loss_item, "what is minimized")
          .optional("optimizer", &TrainArguments::optimizer_item, "how the weights follow their gradients, as {adam: {lr: 0.001}}")
          .optional("schedule", &TrainArguments::schedule_item, "how the learning rate changes from epoch to epoch")
          .optional("precision", of(&TrainSpec::precision), "of the numbers the network computes with", {}, {"f32"})
          .optional("device", of(&TrainSpec::device), "what computes; auto takes the CPU", {}, {"auto", "cpu"})
          .optional("deterministic", of(&TrainSpec::deterministic),
                    "the same bits in every run on the same machine and threads, also in new runs: nothing is timed")
          .optional("tune", of(&TrainSpec::tune), "time the ways to compute each convolution and take the fastest")
          .optional("recompute", of(&TrainSpec::recompute),
                    "compute activations again in the backward pass instead of keeping them: less memory, more time, the same numbers")
          .optional("checkpoint_every", &TrainArguments::checkpoint_interval, "how often a checkpoint is written, as '2 epochs'");
  return schema;
}

const std::vector<LaterKey>& later_keys() {
  static const std::vector<LaterKey> keys = {
      {"precision", "bf16", "write precision: f32"},
      {"device", "gpu", "write device: cpu, or auto"},
      {"device", "cuda", "write device: cpu, or auto"},
      {"accumulate", "", ""},
      {"clip_grad_norm", "", ""},
      {"clip_grad_value", "", ""},
      {"ema", "", ""},
      {"early_stopping", "", ""},
      {"freeze", "", ""},
      {"no_decay", "", ""},
      {"groups", "", ""},
      {"mixup", "", ""},
      {"cutmix", "", ""},
  };
  return keys;
}

/// The number in "1 epoch" or "5 epochs"; nothing for any other text.
std::optional<std::int64_t> epochs_of(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (error != std::errc() || count < 1 || (unit != " epoch" && unit != " epochs")) return std::nullopt;
  return count;
}

std::int64_t read_interval(const Value* value, const std::string& text, Diagnostics& diagnostics) {
  const std::optional<std::int64_t> epochs = epochs_of(text);
  if (!epochs)
    diagnostics.error(value->place, fmt::format("checkpoint_every must be a number of epochs, not '{}'", text),
                      "write 1 epoch or 5 epochs; steps and minutes come with a later version");
  return epochs.value_or(1);
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
  if (arguments) spec.checkpoint_every = read_interval(known.find("checkpoint_every"), arguments->checkpoint_interval, diagnostics);
  // Read even where another key is wrong, so that all mistakes show at once.
  spec.loss = read_choice(known, "loss", defaults.loss_item, tables.losses, diagnostics);
  spec.optimizer = read_choice(known, "optimizer", defaults.optimizer_item, tables.optimizers, diagnostics);
  spec.schedule = read_choice(known, "schedule", defaults.schedule_item, tables.schedules, diagnostics);
  return spec;
}

const Declaration& train_declaration() { return train_schema().declaration(); }

}  // namespace cnnctl
