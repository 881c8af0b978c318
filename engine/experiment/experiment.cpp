#include "engine/experiment/experiment.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string_view>

#include <fmt/format.h>

#include "engine/config/parse.h"
#include "engine/config/set.h"
#include "engine/diagnostics/suggestion.h"
#include "engine/experiment/data_section.h"
#include "engine/experiment/include_reader.h"
#include "engine/experiment/shipped.h"
#include "engine/experiment/train_section.h"
#include "engine/network/blocks.h"
#include "engine/network/build.h"
#include "engine/network/vars.h"

namespace cnnctl {
namespace {

constexpr std::size_t max_name_length = 100;

bool is_name_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.'; }

bool is_folder_name(std::string_view name) {
  return !name.empty() && name.size() <= max_name_length && name.front() != '.' && std::all_of(name.begin(), name.end(), is_name_character);
}

/// A folder's name out of a file's: its stem, other characters replaced.
std::string name_of_file(const std::string& path) {
  std::string name = std::filesystem::path(path).stem().string().substr(0, max_name_length);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !is_name_character(c); }, '_');
  return is_folder_name(name) ? name : "experiment";
}

/// The experiment's name, as the config gives it or after its file.
std::string read_name(const Value* value, const std::string& path, Diagnostics& diagnostics) {
  if (value == nullptr) return name_of_file(path);
  if (value->is_scalar() && is_folder_name(value->text)) return value->text;
  diagnostics.error(
      value->place,
      value->is_scalar() ? fmt::format("'{}' cannot name an experiment", value->text)
                         : fmt::format("name must be a text, not {}", describe(*value)),
      fmt::format("a run's folder is called after it: 1 to {} letters, digits, '_', '-' and '.', the first no '.'", max_name_length));
  return name_of_file(path);
}

/// The value of a key, null where there is none.
const Value& part(const Value& root, std::string_view key) {
  static const Value none;
  const Value* value = root.find(key);
  return value ? *value : none;
}

/// Where what a map lacks is reported: at its start.
Place start_of(const Value& value) { return {value.place.source, value.place.begin, value.place.begin}; }

/// The section `key` with its vars replaced; null where the config has none, nothing where a var in it is unknown.
std::optional<Value> section(const Value& root, std::string_view key, const Vars& vars, Diagnostics& diagnostics) {
  return vars.substitute(part(root, key), diagnostics);
}

Place key_place(const Value& root, std::string_view key) {
  for (const Entry& entry : root.entries)
    if (entry.key == key) return entry.key_place;
  return root.place;
}

/// Reports the keys of a config that have no place there, and where those of data and train belong.
void check_keys(const Value& root, Diagnostics& diagnostics) {
  Value others;  // their keys alone: a deep network's values are many
  others.kind = Value::Kind::map;
  for (const Entry& entry : root.entries) {
    const bool in_train = declares(train_declaration(), entry.key);
    if (!in_train && !declares(data_declaration(), entry.key)) {
      others.entries.push_back({entry.key, entry.key_place, {}});
      continue;
    }
    const char* section = in_train ? "train" : "data";
    diagnostics.error(entry.key_place, fmt::format("'{}' belongs to {}", entry.key, section),
                      fmt::format("indent it under '{}:'", section));
  }
  report_unknown_keys(others, {"name", "input", "include", "vars", "blocks", "model", "data", "train"}, "a config", diagnostics);
}

/// The name that a config has from its file alone: what a run keeps of it is in a file of another name.
void add_name(Value& root, const std::string& name) {
  root.entries.insert(root.entries.begin(), Entry{"name", root.place, scalar_value(name, root.place)});
}

/// Warns of a softmax at the end of a network that is trained by a loss which computes one itself: the network would learn slowly, and its
/// probabilities would be those of a softmax of a softmax.
void warn_of_softmax(const Experiment& experiment, const Value& model, Diagnostics& diagnostics) {
  if (!gives_probabilities(experiment.graph) || experiment.train.loss.type != "cross_entropy") return;
  diagnostics.warning(model.items.empty() ? model.place : model.items.back().place,
                      "the network ends in softmax, but the loss cross_entropy takes the numbers before it and computes softmax itself",
                      "leave it out; predict shows probabilities all the same");
}

/// `has_sets`: what nothing uses may be so because --set replaced what did.
Experiment read_experiment(const std::string& path, Value root, const Tables& tables, bool has_sets, Diagnostics& diagnostics) {
  const bool complete = !diagnostics.has_errors();
  check_keys(root, diagnostics);

  Experiment experiment;
  experiment.name = read_name(root.find("name"), path, diagnostics);
  Vars vars(part(root, "vars"), diagnostics);
  const Blocks blocks(part(root, "blocks"), diagnostics);
  const NetworkSource network{experiment.name, start_of(root), part(root, "input"), part(root, "model"), complete};
  experiment.graph = build_network(network, vars, blocks, diagnostics);
  const bool has_network = !diagnostics.has_errors();
  const std::int64_t channels = experiment.graph.input_shape().channels;
  if (const auto data = section(root, "data", vars, diagnostics))
    experiment.data = read_data(*data, key_place(root, "data"), channels, tables, diagnostics);
  if (const auto train = section(root, "train", vars, diagnostics))
    experiment.train = read_train(*train, key_place(root, "train"), tables, diagnostics);
  if (has_network) apply_patterns(experiment.train, experiment.graph, diagnostics);
  if (!diagnostics.has_errors()) {
    vars.warn_unused(root.place, has_sets, diagnostics);
    if (!has_sets) blocks.warn_unused(root.place, diagnostics);
    if (root.find("train")) warn_of_softmax(experiment, part(root, "model"), diagnostics);
  }
  experiment.config = std::move(root);
  return experiment;
}

Experiment check_source(const std::shared_ptr<const Source>& source, const IncludeReader& include, const std::vector<std::string>& sets,
                        const Tables& tables, Diagnostics& diagnostics) {
  Diagnostics found;
  Value root = parse_yaml(source, found);
  if (root.is_null() && !found.has_errors()) found.error(root.place, "the config is empty");
  if (!root.is_map() && !found.has_errors())
    found.error(root.place, fmt::format("a config must be a map of keys such as input, model, data and train, not {}", describe(root)));
  if (!root.is_map()) throw ConfigError(found);
  const bool complete = root.find("include") == nullptr;
  merge_includes(root, include, found);
  for (const std::string& assignment : sets) apply_set(root, assignment, found);
  if (root.find("include") != nullptr) found.error(key_place(root, "include"), "include cannot be set", "write it into the config file");

  Experiment experiment = read_experiment(source->name, std::move(root), tables, !sets.empty(), found);
  throw_if_errors(found);
  diagnostics.add(found);
  const bool named = experiment.config.find("name") != nullptr;
  if (!named) add_name(experiment.config, experiment.name);
  experiment.yaml = sets.empty() && complete && named ? source->text : to_yaml(experiment.config);
  return experiment;
}

}  // namespace

Experiment load_experiment(const std::string& path, const std::vector<std::string>& sets, const Tables& tables, Diagnostics& diagnostics) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  // What cannot be looked at, as in a folder without permission, gives its reason when it is read.
  const bool may_exist = std::filesystem::exists(status) || !std::filesystem::status_known(status);
  if (may_exist && !std::filesystem::is_directory(status)) return check_source(read_source(path), read_beside, sets, tables, diagnostics);
  if (const std::string* text = shipped_config(path))
    return check_source(std::make_shared<const Source>(Source{path, *text}), read_shipped, sets, tables, diagnostics);

  const std::vector<std::string> names = shipped_config_names();
  throw InputError(fmt::format("{}: {}{}\n  hint: give a file, or one of the configs that cnnctl carries: {}", path,
                               std::filesystem::is_directory(status) ? "is a folder, not a config" : "no such config",
                               did_you_mean(path, names), fmt::join(names, ", ")));
}

Experiment parse_experiment(const std::string& name, const std::string& text, const std::vector<std::string>& sets, const Tables& tables,
                            Diagnostics& diagnostics) {
  return check_source(std::make_shared<const Source>(Source{name, text}), refuse_include, sets, tables, diagnostics);
}

}  // namespace cnnctl
