#include "engine/training/checkpoint_metadata.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/diagnostics/control.h"
#include "engine/diagnostics/diagnostic.h"
#include "engine/formats/weights_file.h"
#include "engine/training/choice_cache.h"

namespace cnnctl {
namespace {

using nlohmann::json;

// No run counts so far, and sums and products of counts stay in 64 bits.
constexpr std::int64_t largest_count = 1'000'000'000'000'000;
constexpr std::int64_t most_epochs = 1'000'000'000;  // train.epochs allows no more

/// Doubles are written with as many digits as bring them back to the bit.
std::string progress_text(const Progress& progress) {
  return json{{"epoch", progress.epoch},
              {"step", progress.step},
              {"total_steps", progress.total_steps},
              {"loss_sum", progress.loss_sum},
              {"loss_weight", progress.loss_weight},
              {"best_accuracy", progress.best_accuracy},
              {"seconds", progress.seconds},
              {"images", progress.images},
              {"log_bytes", progress.log_bytes},
              {"stopping_best", progress.stopping.best ? json(*progress.stopping.best) : json()},
              {"epochs_since_best", progress.stopping.epochs_since_best}}
      .dump();
}

const std::string& metadata(const SafeTensors& file, const std::string& path, const std::string& key) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end()) no_resume(path, fmt::format("its metadata has no '{}'", key));
  return found->second;
}

std::int64_t count_from(const SafeTensors& file, const std::string& path, const std::string& key) {
  const std::string& text = metadata(file, path, key);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0 || number > largest_count)
    no_resume(path, fmt::format("'{}' in its metadata is no count: '{}'", key, text));
  return number;
}

double number_from(const SafeTensors& file, const std::string& path, const std::string& key) {
  const std::string& text = metadata(file, path, key);
  const json number = json::parse(text, nullptr, false);
  if (!number.is_number()) no_resume(path, fmt::format("'{}' in its metadata is no number: '{}'", key, text));
  return number.get<double>();
}

std::int64_t count_from(const json& object, const char* key, std::int64_t most = largest_count) {
  const json& value = object.at(key);
  if (!value.is_number_integer() || value.get<std::int64_t>() < 0 || value.get<std::int64_t>() > most)
    throw std::invalid_argument(fmt::format("'{}' is no count", key));
  return value.get<std::int64_t>();
}

/// Nothing is summed up between two epochs, where checkpoints of earlier versions have no weight.
double loss_weight_from(const json& object) {
  if (object.at("step") == 0) return 0;
  const double weight = object.at("loss_weight").get<double>();
  if (!std::isfinite(weight) || weight <= 0) throw std::invalid_argument("'loss_weight' is no weight");
  return weight;
}

StoppingState stopping_from(const json& object) {
  StoppingState state;
  if (const json& best = object.at("stopping_best"); !best.is_null()) state.best = best.get<double>();
  state.epochs_since_best = count_from(object, "epochs_since_best");
  return state;
}

Progress progress_from(const SafeTensors& file, const std::string& path) {
  const std::string text = metadata(file, path, "progress");
  try {
    const json object = json::parse(text);
    return {.epoch = count_from(object, "epoch", most_epochs),
            .step = count_from(object, "step"),
            .total_steps = count_from(object, "total_steps"),
            .loss_sum = object.at("loss_sum").get<double>(),
            .loss_weight = loss_weight_from(object),
            .best_accuracy = object.at("best_accuracy").get<double>(),
            .seconds = object.at("seconds").get<double>(),
            .stopping = stopping_from(object),
            .images = count_from(object, "images"),
            .log_bytes = count_from(object, "log_bytes")};
  } catch (const std::exception& error) {
    no_resume(path, fmt::format("'progress' in its metadata is damaged ({})", error.what()));
  }
}

std::vector<double> schedule_from(const SafeTensors& file, const std::string& path) {
  try {
    return json::parse(metadata(file, path, "schedule_state")).get<std::vector<double>>();
  } catch (const json::exception& error) {
    no_resume(path, fmt::format("'schedule_state' in its metadata is damaged ({})", error.what()));
  }
}

}  // namespace

void add_saved_state(const SavedState& state, std::map<std::string, std::string>& metadata) {
  metadata["progress"] = progress_text(state.progress);
  metadata["dropout_step"] = std::to_string(state.dropout_step);
  metadata["optimizer_steps"] = std::to_string(state.counters.steps);
  metadata["optimizer_mu_product"] = json(state.counters.mu_product).dump();
  metadata["schedule_state"] = json(state.schedule).dump();
  if (state.ema_updates) metadata["ema_updates"] = std::to_string(*state.ema_updates);
}

SavedState read_saved_state(const SafeTensors& file, const std::string& path) {
  SavedState state;
  state.progress = progress_from(file, path);
  state.dropout_step = static_cast<std::uint64_t>(count_from(file, path, "dropout_step"));
  state.counters = {count_from(file, path, "optimizer_steps"), number_from(file, path, "optimizer_mu_product")};
  state.schedule = schedule_from(file, path);
  if (file.metadata.count("ema_updates") > 0) state.ema_updates = count_from(file, path, "ema_updates");
  return state;
}

void no_resume(const std::string& path, const std::string& reason) {
  throw InputError(fmt::format("{}: cannot resume from this file: {}; a run's last.safetensors has what is needed", path, reason));
}

Checkpoint take_apart(SafeTensors file, const std::string& path) {
  Checkpoint checkpoint;
  checkpoint.file = std::move(file);
  const auto& values = checkpoint.file.metadata;
  const auto config = values.find("config");
  if (config == values.end())
    throw InputError(
        fmt::format("{0}: holds weights but no config, so it is no checkpoint of cnnctl; a network takes them with --init, as in: cnnctl "
                    "train CONFIG --init {0}",
                    path));
  checkpoint.config = config->second;
  if (const auto classes = values.find("classes"); classes != values.end()) {
    try {
      checkpoint.classes = json::parse(classes->second).get<std::vector<std::string>>();
      for (std::string& name : checkpoint.classes) {
        name = without_controls(name);
        std::replace(name.begin(), name.end(), '\n', '?');
      }
    } catch (const json::exception&) {
      throw InputError(fmt::format("{}: 'classes' in its metadata is no JSON list of names", path));
    }
  }
  if (const auto choices = values.find("choices"); choices != values.end()) {
    auto recorded = parse_choices(choices->second);
    if (!recorded) throw InputError(fmt::format("{}: 'choices' in its metadata is damaged", path));
    checkpoint.choices = std::move(recorded->choices);
  }
  return checkpoint;
}

Checkpoint read_checkpoint(const std::string& path) { return take_apart(read_weights(path), path); }

}  // namespace cnnctl
