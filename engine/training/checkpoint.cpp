#include "engine/training/checkpoint.h"

#include <charconv>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/diagnostics/diagnostic.h"
#include "engine/formats/weights_file.h"
#include "engine/training/choice_cache.h"
#include "engine/training/weights.h"

namespace cnnctl {
namespace {

using nlohmann::json;

// In the place of a state's name: the weights themselves, where the file's are averages.
constexpr const char* trained_weights = "trained";

std::string tensor_name(const std::string& state, const std::string& parameter) { return fmt::format("optimizer.{}.{}", state, parameter); }

/// Weights under their names, with what every checkpoint carries in its metadata.
SafeTensors content(const Model& model, const std::string& config, const std::vector<std::string>& classes) {
  SafeTensors file = save_weights(model);
  file.metadata = {{"format", "pt"}, {"config", config}, {"classes", json(classes).dump(-1, ' ', false, json::error_handler_t::replace)}};
  if (!model.choices().empty()) file.metadata["choices"] = choices_text(model.choices());
  return file;
}

/// Doubles are written with as many digits as bring them back to the bit.
std::string progress_text(const Progress& progress) {
  return json{{"epoch", progress.epoch},
              {"step", progress.step},
              {"total_steps", progress.total_steps},
              {"loss_sum", progress.loss_sum},
              {"best_accuracy", progress.best_accuracy},
              {"seconds", progress.seconds},
              {"images", progress.images},
              {"log_bytes", progress.log_bytes},
              {"stopping_best", progress.stopping.best ? json(*progress.stopping.best) : json()},
              {"epochs_since_best", progress.stopping.epochs_since_best}}
      .dump();
}

[[noreturn]] void no_resume(const std::string& path, const std::string& reason) {
  throw InputError(fmt::format("{}: cannot resume from this file: {}; a run's last.safetensors has what is needed", path, reason));
}

const std::string& metadata(const SafeTensors& file, const std::string& path, const std::string& key) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end()) no_resume(path, fmt::format("its metadata has no '{}'", key));
  return found->second;
}

template <class Integer>
Integer count_from(const SafeTensors& file, const std::string& path, const std::string& key) {
  const std::string& text = metadata(file, path, key);
  Integer number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < Integer{0})
    no_resume(path, fmt::format("'{}' in its metadata is no count: '{}'", key, text));
  return number;
}

double number_from(const SafeTensors& file, const std::string& path, const std::string& key) {
  const std::string& text = metadata(file, path, key);
  const json number = json::parse(text, nullptr, false);
  if (!number.is_number()) no_resume(path, fmt::format("'{}' in its metadata is no number: '{}'", key, text));
  return number.get<double>();
}

std::int64_t count_from(const json& object, const char* key) {
  const json& value = object.at(key);
  if (!value.is_number_integer() || value.get<std::int64_t>() < 0) throw std::invalid_argument(fmt::format("'{}' is no count", key));
  return value.get<std::int64_t>();
}

StoppingState stopping_from(const json& object) {
  StoppingState state;
  if (const json& best = object.at("stopping_best"); !best.is_null()) state.best = best.get<double>();
  state.epochs_since_best = count_from(object, "epochs_since_best");
  return state;
}

Progress progress_from(const SafeTensors& file, const std::string& path) {
  try {
    const json object = json::parse(metadata(file, path, "progress"));
    return {.epoch = count_from(object, "epoch"),
            .step = count_from(object, "step"),
            .total_steps = count_from(object, "total_steps"),
            .loss_sum = object.at("loss_sum").get<double>(),
            .best_accuracy = object.at("best_accuracy").get<double>(),
            .seconds = object.at("seconds").get<double>(),
            .stopping = stopping_from(object),
            .images = count_from(object, "images"),
            .log_bytes = count_from(object, "log_bytes")};
  } catch (const json::exception& error) {
    no_resume(path, fmt::format("'progress' in its metadata is damaged ({})", error.what()));
  } catch (const std::invalid_argument& error) {
    no_resume(path, fmt::format("'progress' in its metadata is damaged ({})", error.what()));
  }
}

/// Throws InputError that names the parts of the optimizer's state that the file lacks.
void check_state(const SafeTensors& file, const std::string& path, const Graph& graph, const std::vector<Optimizer::State>& states) {
  std::string text;
  for (const auto& state : states)
    for (const Parameter& parameter : graph.parameters) {
      if (!parameter.trainable) continue;
      const std::string name = tensor_name(state.name, parameter.name);
      const auto found = file.tensors.find(name);
      if (found == file.tensors.end())
        text += fmt::format("\n  {}: missing", name);
      else if (!same_dims(found->second.dims, parameter.dims))
        text += fmt::format("\n  {}: {}, needed {}", name, dims_text(found->second.dims), dims_text(parameter.dims));
    }
  if (!text.empty()) no_resume(path, fmt::format("the optimizer's state does not fit (was it another optimizer?):{}\n", text));
}

void restore_schedule(const SafeTensors& file, const std::string& path, Schedule& schedule) {
  try {
    schedule.set_state(json::parse(metadata(file, path, "schedule_state")).get<std::vector<double>>());
  } catch (const json::exception& error) {
    no_resume(path, fmt::format("'schedule_state' in its metadata is damaged ({})", error.what()));
  } catch (const std::invalid_argument& error) {
    no_resume(path, fmt::format("the schedule's state does not fit ({}; was it another schedule?)", error.what()));
  }
}

constexpr std::string_view resume_advice = "resume with the network that the run was started with";

/// The weights that are trained, from under their names of their own where there are averages as well. With `ema` the model's averages are
/// restored too; a run that kept none before begins them anew.
void restore_weights(const SafeTensors& file, const std::string& path, Model& model, Ema* ema) {
  const bool has_averages = file.metadata.count("ema_updates") > 0;
  if (!has_averages || ema) load_weights(model, file, path, {}, resume_advice);
  if (!has_averages) return;
  if (ema) ema->take_averages(count_from<std::int64_t>(file, path, "ema_updates"));
  SafeTensors trained;
  const std::string prefix = tensor_name(trained_weights, "");
  for (const auto& [name, tensor] : file.tensors)
    if (name.starts_with(prefix)) trained.tensors[name.substr(prefix.size())] = tensor;
  load_weights(model, trained, path, {}, resume_advice);
}

}  // namespace

void write_best(const std::string& path, const Model& model, const std::string& config, const std::vector<std::string>& classes) {
  write_safetensors(path, content(model, config, classes));
}

void write_last(const std::string& path, Model& model, const std::string& config, const std::vector<std::string>& classes,
                const TrainingState& state) {
  SafeTensors file;
  {
    const EmaScope averaged(state.ema, Ema::Held::averaged);
    file = content(model, config, classes);
  }
  const EmaScope trained(state.ema, Ema::Held::trained);
  file.metadata["progress"] = progress_text(state.progress);
  file.metadata["dropout_step"] = std::to_string(model.dropout_step());
  file.metadata["optimizer_steps"] = std::to_string(state.optimizer.counters().steps);
  file.metadata["optimizer_mu_product"] = json(state.optimizer.counters().mu_product).dump();
  file.metadata["schedule_state"] = json(state.schedule.state()).dump();
  const auto& parameters = model.graph().parameters;
  for (const auto& buffer : state.optimizer.state())
    for (std::size_t id = 0; id < parameters.size(); ++id)
      if (parameters[id].trainable)
        file.tensors[tensor_name(buffer.name, parameters[id].name)] = {parameters[id].dims,
                                                                       model.to_plain(static_cast<ParameterId>(id), buffer.values)};
  if (state.ema) {
    file.metadata["ema_updates"] = std::to_string(state.ema->updates());
    for (auto& [name, tensor] : save_weights(model).tensors) file.tensors[tensor_name(trained_weights, name)] = tensor;
  }
  write_safetensors(path, file);
}

Checkpoint read_checkpoint(const std::string& path) {
  Checkpoint checkpoint;
  checkpoint.file = read_weights(path);
  const auto& values = checkpoint.file.metadata;
  const auto config = values.find("config");
  if (config == values.end())
    throw InputError(
        fmt::format("{}: holds weights but no config, so it is no checkpoint of cnnctl; load it into a network with --init", path));
  checkpoint.config = config->second;
  if (const auto classes = values.find("classes"); classes != values.end()) {
    try {
      checkpoint.classes = json::parse(classes->second).get<std::vector<std::string>>();
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

void restore(const Checkpoint& checkpoint, const std::string& path, Model& model, const TrainingState& state) {
  const SafeTensors& file = checkpoint.file;
  const Progress progress = progress_from(file, path);
  const auto dropout_step = count_from<std::uint64_t>(file, path, "dropout_step");
  const Optimizer::Counters counters{count_from<std::int64_t>(file, path, "optimizer_steps"),
                                     number_from(file, path, "optimizer_mu_product")};
  const auto buffers = state.optimizer.state();
  check_state(file, path, model.graph(), buffers);
  restore_schedule(file, path, state.schedule);
  restore_weights(file, path, model, state.ema);

  const auto& parameters = model.graph().parameters;
  for (const auto& buffer : buffers)
    for (std::size_t id = 0; id < parameters.size(); ++id)
      if (parameters[id].trainable)
        model.from_plain(static_cast<ParameterId>(id), file.tensors.at(tensor_name(buffer.name, parameters[id].name)).values,
                         buffer.values);
  state.optimizer.set_counters(counters);
  model.set_dropout_step(dropout_step);
  state.progress = progress;
}

}  // namespace cnnctl
