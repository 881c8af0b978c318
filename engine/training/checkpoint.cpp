#include "engine/training/checkpoint.h"

#include <optional>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/diagnostics/diagnostic.h"
#include "engine/training/choice_cache.h"
#include "engine/training/weights.h"

namespace cnnctl {
namespace {

using nlohmann::json;

// In the place of a state's name: the weights themselves, where the file's are averages.
constexpr const char* trained_weights = "trained";

std::string tensor_name(const std::string& state, const std::string& parameter) { return fmt::format("optimizer.{}.{}", state, parameter); }

using TensorSources = std::map<std::string, TensorSource>;

/// Weights under their names, behind a prefix, as the model holds them when they are written.
void add_weights(TensorSources& tensors, const std::string& prefix, const Model& model, Ema* ema, Ema::Held held) {
  const auto& parameters = model.graph().parameters;
  for (std::size_t id = 0; id < parameters.size(); ++id)
    tensors[prefix + parameters[id].name] = {parameters[id].dims, [&model, ema, held, id] {
                                               if (ema) ema->hold(held);
                                               return model.parameter(static_cast<ParameterId>(id));
                                             }};
}

void add_optimizer_state(TensorSources& tensors, const Model& model, Optimizer& optimizer) {
  const auto& parameters = model.graph().parameters;
  for (const auto& buffer : optimizer.state())
    for (std::size_t id = 0; id < parameters.size(); ++id)
      if (parameters[id].trainable)
        tensors[tensor_name(buffer.name, parameters[id].name)] = {
            parameters[id].dims, [&model, id, values = buffer.values] { return model.to_plain(static_cast<ParameterId>(id), values); }};
}

/// What every checkpoint carries in its metadata.
std::map<std::string, std::string> metadata_of(const Model& model, const std::string& config, const std::vector<std::string>& classes) {
  std::map<std::string, std::string> metadata = {
      {"format", "pt"}, {"config", config}, {"classes", json(classes).dump(-1, ' ', false, json::error_handler_t::replace)}};
  if (!model.choices().empty()) metadata["choices"] = choices_text(model.choices());
  return metadata;
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

void restore_schedule(const std::string& path, const std::vector<double>& state, Schedule& schedule) {
  try {
    schedule.set_state(state);
  } catch (const std::invalid_argument& error) {
    no_resume(path, fmt::format("the schedule's state does not fit ({}; was it another schedule?)", error.what()));
  }
}

/// The weights that are trained, from under their names of their own where there are averages as well. With `ema` the model's averages are
/// restored too; a run that kept none before begins them anew.
void restore_weights(const SafeTensors& file, const std::string& path, const SavedState& saved, Model& model, Ema* ema) {
  if (!saved.ema_updates || ema) load_weights(model, file, path, {}, resume_advice);
  if (!saved.ema_updates) return;
  if (ema) ema->take_averages(*saved.ema_updates);
  SafeTensors trained;
  const std::string prefix = tensor_name(trained_weights, "");
  for (const auto& [name, tensor] : file.tensors)
    if (name.starts_with(prefix)) trained.tensors[name.substr(prefix.size())] = tensor;
  load_weights(model, trained, path, {}, resume_advice);
}

}  // namespace

void write_best(const std::string& path, const Model& model, const std::string& config, const std::vector<std::string>& classes) {
  TensorSources tensors;
  add_weights(tensors, "", model, nullptr, Ema::Held::averaged);
  write_safetensors(path, tensors, metadata_of(model, config, classes));
}

void write_last(const std::string& path, Model& model, const std::string& config, const std::vector<std::string>& classes,
                const TrainingState& state) {
  const EmaScope trained(state.ema, Ema::Held::trained);  // as it is again behind the last tensor
  TensorSources tensors;
  add_weights(tensors, "", model, state.ema, Ema::Held::averaged);
  if (state.ema) add_weights(tensors, tensor_name(trained_weights, ""), model, state.ema, Ema::Held::trained);
  add_optimizer_state(tensors, model, state.optimizer);
  SavedState saved{state.progress, model.dropout_step(), state.optimizer.counters(), state.schedule.state(), std::nullopt};
  if (state.ema) saved.ema_updates = state.ema->updates();
  std::map<std::string, std::string> metadata = metadata_of(model, config, classes);
  add_saved_state(saved, metadata);
  write_safetensors(path, tensors, metadata);
}

void restore(const Checkpoint& checkpoint, const std::string& path, Model& model, const TrainingState& state) {
  const SafeTensors& file = checkpoint.file;
  const SavedState saved = read_saved_state(file, path);
  const auto buffers = state.optimizer.state();
  check_state(file, path, model.graph(), buffers);
  restore_schedule(path, saved.schedule, state.schedule);
  restore_weights(file, path, saved, model, state.ema);

  const auto& parameters = model.graph().parameters;
  for (const auto& buffer : buffers)
    for (std::size_t id = 0; id < parameters.size(); ++id)
      if (parameters[id].trainable)
        model.from_plain(static_cast<ParameterId>(id), file.tensors.at(tensor_name(buffer.name, parameters[id].name)).values,
                         buffer.values);
  state.optimizer.set_counters(saved.counters);
  model.set_dropout_step(saved.dropout_step);
  state.progress = saved.progress;
}

}  // namespace cnnctl
