#include "cli/commands/inputs.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/commands/tables.h"
#include "cli/terminal/option_checks.h"
#include "cli/terminal/terminal.h"
#include "engine/config/assignment.h"
#include "engine/diagnostics/control.h"
#include "engine/formats/input_file.h"
#include "engine/formats/weights_file.h"
#include "engine/training/choice_cache.h"

namespace cnnctl {
namespace {

namespace fs = std::filesystem;

/// What was said about --set alone: what a checkpoint's config is warned of was told when its run began.
Diagnostics of_sets(const Diagnostics& diagnostics) {
  Diagnostics told;
  for (const Diagnostic& diagnostic : diagnostics.sorted())
    if (is_of_set(diagnostic.place)) told.add(diagnostic);
  return told;
}

// For all programs of a model together.
constexpr double kTuningSeconds = 2;

/// Whether the dataset's argument `key` comes from the command line.
bool is_set(const Value& arguments, std::string_view key) {
  const Value* value = arguments.find(key);
  return value && is_of_set(value->place);
}

/// Takes from a dataset what a checkpoint says of fetching it: to connect to an address and to write files is for the user alone to ask.
void forget_download(Value& arguments) {
  const bool is_asked_for = is_set(arguments, "download") || is_set(arguments, "mirror");
  std::erase_if(arguments.entries, [&](const Entry& entry) {
    return (entry.key == "download" && !is_asked_for) || (entry.key == "mirror" && !is_set(arguments, "mirror"));
  });
}

void print_warnings(const Diagnostics& diagnostics) { std::fputs(to_text(diagnostics, wants_color(stderr)).c_str(), stderr); }

}  // namespace

void add_set_option(CLI::App& app, std::vector<std::string>& sets) {
  app.add_option("--set", sets, "Change a value of the config, as train.epochs=1 (repeatable)")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

void add_threads_option(CLI::App& app, int& threads) {
  app.add_option("--threads", threads, "Number of threads (default: one a core)")->type_name("N")->check(whole_number(1, 4096));
}

void add_precision_option(CLI::App& app, std::string& precision, const std::string& by_default) {
  app.add_option("--precision", precision, fmt::format("What convolutions multiply (default: train.precision, {})", by_default))
      ->type_name("f32|bf16")
      ->check(one_of({"f32", "bf16"}));
}

void check_precision(const TrainSpec& train) {
  if (train.precision != "bf16" || has_bf16()) return;
  throw InputError(
      "precision bf16: this machine's processor does not multiply bfloat16 (AVX512_BF16), without which it would be far slower than f32; "
      "use f32 (--set train.precision=f32)");
}

void set_precision(TrainSpec& train, const std::string& precision) {
  if (!precision.empty()) train.precision = precision;
  check_precision(train);
}

void set_choices(ModelOptions& options, const TrainSpec& train, Choices of_run) {
  options.precision = train.precision == "bf16" ? Precision::bf16 : Precision::f32;
  options.deterministic = train.deterministic;
  options.known = std::move(of_run);
  if (!train.tune || train.deterministic) return;
  options.known.merge(read_choice_cache(choice_cache_path()));
  options.tuning_seconds = kTuningSeconds;
}

void remember_choices(const Model& model) { add_to_choice_cache(choice_cache_path(), model.tuning().timed); }

std::string tuning_line(const Tuning& tuning) {
  if (tuning.timed.empty()) return "";
  return fmt::format("tuning: {} choice{} timed in {:.1f} s, {} known from earlier runs", tuning.timed.size(),
                     tuning.timed.size() == 1 ? "" : "s", tuning.seconds, tuning.known);
}

Experiment load_config(const std::string& config, const std::vector<std::string>& sets) {
  Diagnostics diagnostics;
  Experiment experiment = load_experiment(config, sets, experiment_tables(), diagnostics);
  print_warnings(diagnostics);
  return experiment;
}

void print_warnings(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) fmt::print(stderr, "cnnctl: warning: {}\n", without_controls(line));
}

SafeTensors read_init(const std::string& path) {
  std::error_code unknown;  // whoever opens the file says why
  if (fs::is_directory(path, unknown))
    throw InputError(
        fmt::format("--init {}: is a folder; name the file of weights, as {}", path, (fs::path(path) / "best.safetensors").string()));
  return read_weights(path);
}

void check_output_file(const std::string& option, const std::string& path, const std::vector<std::string>& inputs) {
  const fs::path folder = fs::path(path).parent_path();
  std::error_code unknown;
  if (fs::is_directory(path, unknown)) throw InputError(fmt::format("{} {}: is a folder; name a file", option, path));
  if (!folder.empty() && !may_be_folder(folder))
    throw InputError(fmt::format("{} {}: there is no folder {}; make it first", option, path, folder.string()));
  if (std::any_of(inputs.begin(), inputs.end(), [&](const std::string& input) { return fs::equivalent(input, path, unknown); }))
    throw InputError(fmt::format("{} {}: is what is read, and would be replaced; name another file", option, path));
}

bool is_checkpoint(const std::string& path) {
  const fs::path extension = fs::path(path).extension();
  return extension == ".safetensors" || extension == ".pth" || extension == ".pt" || may_be_folder(path);
}

std::string checkpoint_file(const std::string& path) {
  std::error_code unknown;
  if (!fs::is_directory(path, unknown)) {
    const fs::path extension = fs::path(path).extension();
    if (extension != ".yaml" && extension != ".yml") return path;
    throw InputError(fmt::format("{}: is a config; name a run's folder or a checkpoint, which 'cnnctl train' makes of it", path));
  }
  const auto file = fs::path(path) / "last.safetensors";
  if (!may_exist(file))
    throw InputError(fmt::format(
        "{}: there is no last.safetensors in it, so it is no run's folder, or the run was killed before it trained anything", path));
  return file.string();
}

SavedExperiment load_checkpoint(const std::string& path, const std::vector<std::string>& sets) {
  const std::string file = checkpoint_file(path);
  Checkpoint checkpoint = read_checkpoint(file);
  Diagnostics diagnostics;
  Experiment experiment = parse_experiment(file, checkpoint.config, sets, experiment_tables(), diagnostics);
  print_warnings(of_sets(diagnostics));
  forget_download(experiment.data.dataset.arguments);
  return {file, std::move(checkpoint), std::move(experiment)};
}

int class_count(const Graph& graph, const std::string& command) {
  const Shape& output = graph.output_shape();
  if (output.height == 1 && output.width == 1) return static_cast<int>(output.channels);
  throw InputError(fmt::format("{} needs a network that gives one number a class; this one gives {}; end it with flatten and linear",
                               command, to_string(output)));
}

}  // namespace cnnctl
