#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "engine/experiment/experiment.h"
#include "engine/formats/safetensors.h"
#include "engine/training/checkpoint.h"

namespace cnnctl {

/// Adds `--set KEY=VALUE`, which may be given any number of times.
void add_set_option(CLI::App& app, std::vector<std::string>& sets);

/// Adds `--precision f32|bf16`, which goes before train.precision; "" where it is not given. `by_default`: whose config that is.
void add_precision_option(CLI::App& app, std::string& precision, const std::string& by_default);

/// Throws InputError where the processor does not have train.precision.
void check_precision(const TrainSpec& train);

/// Puts what --precision says over train.precision, unless it is "". Throws InputError where the processor does not have it.
void set_precision(TrainSpec& train, const std::string& precision);

/// Fills in how convolutions are computed, as train.precision, train.tune and train.deterministic say: by the choices `of_run` that a run
/// was computed with, those of the user's cache, and by timing.
void set_choices(ModelOptions& options, const TrainSpec& train, Choices of_run);

/// Puts what the model timed into the user's cache.
void remember_choices(const Model& model);

/// "tuning: 23 choices timed in 1.2 s, 18 known from earlier runs"; "" where nothing was timed.
std::string tuning_line(const Tuning& tuning);

/// Adds `--threads N`; 0, the default, leaves the number to OpenMP.
void add_threads_option(CLI::App& app, int& threads);

/// Reads a config file or a shipped config; its warnings go to standard error. Throws as load_experiment does.
Experiment load_config(const std::string& config, const std::vector<std::string>& sets);

/// Prints each line on standard error, as "cnnctl: warning: LINE".
void print_warnings(const std::vector<std::string>& lines);

/// Reads the file of weights that --init names. Throws InputError, also for a run's folder.
SafeTensors read_init(const std::string& path);

/// Throws InputError where no file called `path` can come to be: it is a folder, or its folder is missing; or where it is one of `inputs`,
/// which the command reads. `option` is what names it.
void check_output_file(const std::string& option, const std::string& path, const std::vector<std::string>& inputs = {});

/// True where `path` names a checkpoint rather than a config: a file of weights or a run's folder.
bool is_checkpoint(const std::string& path);

/// The checkpoint's file: a run's folder stands for the last.safetensors in it. Throws InputError where the folder has none.
std::string checkpoint_file(const std::string& path);

/// A checkpoint with the experiment that the config in it makes.
struct SavedExperiment {
  std::string path;
  Checkpoint checkpoint;
  Experiment experiment;
};
/// The config is not believed: it includes no files, and its dataset is fetched only where `sets` say so.
SavedExperiment load_checkpoint(const std::string& path, const std::vector<std::string>& sets);

/// Throws InputError where the network's output is no vector of classes. `command` names who needs one.
int class_count(const Graph& graph, const std::string& command);

}  // namespace cnnctl
