#include "engine/training/weights.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "engine/diagnostics/diagnostic.h"
#include "engine/diagnostics/suggestion.h"
#include "engine/graph/glob.h"
#include "engine/training/random.h"

namespace cnnctl {
namespace {

/// SplitMix64's number at a counter: random access, so every element has a number of its own.
std::uint64_t random_bits(std::uint64_t key, std::uint64_t counter) { return splitmix64(key + (counter + 1) * kSplitMixStep); }

/// Uniform in [-bound, bound). 24 bits, as many as a float holds.
float random_uniform(std::uint64_t bits, double bound) {
  return static_cast<float>((static_cast<double>(bits >> 40) * 0x1p-23 - 1) * bound);
}

std::vector<std::int64_t> without_ones(const std::vector<std::int64_t>& dims) {
  std::vector<std::int64_t> result;
  std::copy_if(dims.begin(), dims.end(), std::back_inserter(result), [](std::int64_t size) { return size != 1; });
  return result;
}

/// What a checkpoint holds besides the weights, or PyTorch's counter, which nothing here depends on.
bool is_known_extra(const std::string& name, const SafeTensors& file) {
  return name.ends_with("num_batches_tracked") ||
         is_training_state(name, [&](const std::string& tensor) { return file.tensors.contains(tensor); });
}

/// A line for each parameter that `file` cannot fill.
std::string misfits(const std::vector<Parameter>& parameters, const SafeTensors& file, const std::vector<std::string>& except) {
  std::string text;
  for (const Parameter& parameter : parameters) {
    if (matches_any(except, parameter.name)) continue;
    const auto found = file.tensors.find(parameter.name);
    if (found == file.tensors.end())
      text += fmt::format("\n  {}: missing in the file, the network needs {}", parameter.name, dims_text(parameter.dims));
    else if (!same_dims(found->second.dims, parameter.dims))
      text += fmt::format("\n  {}: {} in the file, the network needs {}", parameter.name, dims_text(found->second.dims),
                          dims_text(parameter.dims));
  }
  return text;
}

/// A line for each parameter that `file` would fill with what is no finite number.
std::string lost_numbers(const std::vector<Parameter>& parameters, const SafeTensors& file, const std::vector<std::string>& except) {
  std::string text;
  for (const Parameter& parameter : parameters) {
    if (matches_any(except, parameter.name)) continue;
    const auto& values = file.tensors.at(parameter.name).values;
    const auto found = std::find_if_not(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
    if (found != values.end()) text += fmt::format("\n  {}: element {} is {}", parameter.name, found - values.begin(), *found);
  }
  return text;
}

LoadedWeights sort_names(const std::vector<Parameter>& parameters, const SafeTensors& file, const std::vector<std::string>& except) {
  LoadedWeights result;
  std::set<std::string_view> own;
  for (const Parameter& parameter : parameters) {
    own.insert(parameter.name);
    (matches_any(except, parameter.name) ? result.left_out : result.loaded).push_back(parameter.name);
  }
  for (const auto& [name, tensor] : file.tensors) {
    if (is_known_extra(name, file) || own.contains(name)) continue;
    if (matches_any(except, name))
      result.left_out.push_back(name);
    else
      result.extra.push_back(fmt::format("{} ({})", name, dims_text(tensor.dims)));
  }
  for (const std::string& glob : except)
    if (std::none_of(own.begin(), own.end(), [&](std::string_view name) { return glob_matches(glob, name); }))
      result.idle_globs.push_back(glob);
  return result;
}

/// "2: fc.weight, fc.bias", of many the first, "none" of none.
std::string counted(const std::vector<std::string>& names) {
  if (names.empty()) return "none";
  constexpr std::size_t most_shown = 6;
  return fmt::format("{}: {}", names.size(), listed(names, most_shown));
}

}  // namespace

bool is_training_state(std::string_view name, const std::function<bool(const std::string& name)>& stored) {
  constexpr std::string_view prefix = "optimizer.";
  if (!name.starts_with(prefix)) return false;
  const std::size_t dot = name.find('.', prefix.size());
  return dot != std::string_view::npos && stored(std::string(name.substr(dot + 1)));
}

void initialize(Model& model, std::uint64_t seed) {
  const auto& parameters = model.graph().parameters;
  for (std::size_t id = 0; id < parameters.size(); ++id) {
    const Initializer& initializer = parameters[id].initializer;
    std::vector<float> values(static_cast<std::size_t>(parameters[id].count()), static_cast<float>(initializer.value));
    if (initializer.kind == Initializer::Kind::uniform) {
      const std::uint64_t key = random_bits(random_bits(0, seed), id);
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = random_uniform(random_bits(key, i), initializer.value);
    }
    model.set_parameter(static_cast<ParameterId>(id), values);
  }
}

void require_fitting(const Graph& graph, const SafeTensors& file, const std::string& path, const std::vector<std::string>& except,
                     std::string_view advice) {
  if (const std::string text = misfits(graph.parameters, file, except); !text.empty())
    throw InputError(fmt::format("{}: the weights do not fit the network:{}\n{}", path, text, advice));
}

LoadedWeights load_weights(Model& model, const SafeTensors& file, const std::string& path, const std::vector<std::string>& except,
                           std::string_view advice) {
  require_fitting(model.graph(), file, path, except, advice);
  const auto& parameters = model.graph().parameters;
  if (const std::string text = lost_numbers(parameters, file, except); !text.empty())
    throw InputError(fmt::format("{}: the weights hold what is no finite number, as diverged training leaves it:{}", path, text));
  for (std::size_t id = 0; id < parameters.size(); ++id)
    if (!matches_any(except, parameters[id].name))
      model.set_parameter(static_cast<ParameterId>(id), file.tensors.at(parameters[id].name).values);
  return sort_names(parameters, file, except);
}

std::vector<std::string> warnings(const LoadedWeights& weights, const std::string& path) {
  std::vector<std::string> lines;
  for (const std::string& tensor : weights.extra)
    lines.push_back(fmt::format("{}: the network has no parameter {}; it is left out", path, tensor));
  for (const std::string& glob : weights.idle_globs) lines.push_back(fmt::format("'{}' matches no parameter of the network", glob));
  return lines;
}

std::vector<std::string> summary(const LoadedWeights& weights, const std::string& path) {
  return {fmt::format("init: {}: loaded {}", path, counted(weights.loaded)),
          fmt::format("init: {}: left out {}", path, counted(weights.left_out)),
          fmt::format("init: {}: extra {}", path, counted(weights.extra))};
}

std::string dims_text(const std::vector<std::int64_t>& dims) {
  std::string text;
  for (const std::int64_t size : dims) {
    if (!text.empty()) text += 'x';
    text += std::to_string(size);
  }
  return text.empty() ? "scalar" : text;
}

bool same_dims(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b) { return without_ones(a) == without_ones(b); }

}  // namespace cnnctl
