#include "cli/commands/sweep.h"

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <numeric>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands/inputs.h"
#include "cli/commands/sweep_grid.h"
#include "cli/commands/sweep_record.h"
#include "cli/commands/tables.h"
#include "cli/commands/train.h"
#include "cli/terminal/option_checks.h"
#include "cli/terminal/table.h"
#include "cli/terminal/terminal.h"
#include "datasets/dataset.h"
#include "engine/training/trainer.h"

namespace cnnctl {
namespace {

namespace fs = std::filesystem;

/// A sweep with all its runs, of which some may be done.
struct Sweep {
  std::vector<GridAxis> axes;
  std::vector<GridRun> runs;
  std::string folder;
};

std::vector<std::string> sets_of(const SweepOptions& options, const Sweep& sweep, const GridRun& run) {
  std::vector<std::string> sets = options.sets;
  for (std::size_t i = 0; i < sweep.axes.size(); ++i) sets.push_back(fmt::format("{}={}", sweep.axes[i].key, run.values[i]));
  if (run.seed != 0) sets.push_back(fmt::format("train.seed={}", run.seed));
  return sets;
}

[[noreturn]] void refuse_untested() {
  throw InputError("sweep compares accuracies, and the dataset has no test images that can be read to measure them on");
}

/// Mistakes in any of the runs, before the first is trained.
void check_runs(const SweepOptions& options, const Sweep& sweep) {
  for (const GridRun& run : sweep.runs) {
    Diagnostics warnings;  // those of the config itself were printed
    const Experiment experiment = load_experiment(options.config, sets_of(options, sweep, run), experiment_tables(), warnings);
    const Selection& dataset = experiment.data.dataset;
    if (!dataset.type.empty() && !has_split(dataset, Split::test)) refuse_untested();
  }
}

void make_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error || !fs::is_directory(path)) throw InputError(fmt::format("cannot make the sweep's folder {}: {}", path, error.message()));
}

/// How a run is trained: from its start, or from where it was stopped.
TrainCommandOptions train_options(const SweepOptions& options, const Sweep& sweep, const GridRun& run) {
  TrainCommandOptions train;
  train.threads = options.threads;
  train.silent = true;
  const fs::path folder = fs::path(sweep.folder) / run.name;
  std::error_code unknown;  // whoever makes the folder says why
  if (fs::exists(folder / "last.safetensors", unknown)) {
    train.resume = folder.string();
    return train;
  }
  train.config = options.config;
  train.sets = sets_of(options, sweep, run);
  train.out = folder.string();
  return train;
}

double mean(const std::vector<double>& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0.0) / static_cast<double>(numbers.size());
}

/// Of a sample: with one number less in the denominator. 0 for a single number.
double deviation(const std::vector<double>& numbers) {
  if (numbers.size() < 2) return 0;
  double sum = 0;
  for (const double number : numbers) sum += (number - mean(numbers)) * (number - mean(numbers));
  return std::sqrt(sum / static_cast<double>(numbers.size() - 1));
}

/// The results of all seeds of one combination of values.
struct Row {
  std::vector<std::string> values;
  std::vector<double> accuracies;
  std::vector<double> best_accuracies;
  std::int64_t diverged = 0;
};

std::vector<Row> rows_of(const Sweep& sweep, const SweepRecord& record) {
  std::vector<Row> rows;
  for (const GridRun& run : sweep.runs) {
    if (rows.empty() || rows.back().values != run.values) rows.push_back({run.values, {}, {}, 0});
    const SweepResult& result = *record.find(run.name);
    if (!result.accuracy) {
      ++rows.back().diverged;
      continue;
    }
    rows.back().accuracies.push_back(*result.accuracy);
    rows.back().best_accuracies.push_back(result.best_accuracy);
  }
  return rows;
}

/// "98.40 +- 0.12 %".
std::string percent(const std::vector<double>& accuracies) {
  if (accuracies.empty()) return "";
  const std::string spread = accuracies.size() > 1 ? fmt::format(" +- {:.2f}", 100 * deviation(accuracies)) : "";
  return fmt::format("{:.2f}{} %", 100 * mean(accuracies), spread);
}

/// `best`: what the accuracies of the best epochs were measured on, as a title.
std::string to_text(const Sweep& sweep, const std::vector<Row>& rows, const char* best) {
  std::vector<Table::Column> columns;
  for (const GridAxis& axis : sweep.axes) columns.push_back({short_key(axis.key)});
  for (const char* title : {"runs", "diverged", "test accuracy", best}) columns.push_back({title, Table::Align::right});
  Table table(columns);
  for (const Row& row : rows) {
    std::vector<std::string> cells = row.values;
    cells.push_back(std::to_string(std::ssize(row.accuracies) + row.diverged));
    cells.push_back(row.diverged > 0 ? std::to_string(row.diverged) : "");
    cells.push_back(percent(row.accuracies));
    cells.push_back(percent(row.best_accuracies));
    table.add(std::move(cells));
  }
  return table.text();
}

nlohmann::json to_json(const Sweep& sweep, const std::vector<Row>& rows) {
  nlohmann::json results = nlohmann::json::array();
  for (const Row& row : rows) {
    nlohmann::json settings = nlohmann::json::object();
    for (std::size_t i = 0; i < sweep.axes.size(); ++i) settings[sweep.axes[i].key] = row.values[i];
    const bool any = !row.accuracies.empty();
    results.push_back({{"settings", settings},
                       {"accuracies", row.accuracies},
                       {"best_accuracies", row.best_accuracies},
                       {"diverged", row.diverged},
                       {"mean", any ? nlohmann::json(mean(row.accuracies)) : nlohmann::json()},
                       {"deviation", any ? nlohmann::json(deviation(row.accuracies)) : nlohmann::json()}});
  }
  return {{"sweep", sweep.folder}, {"results", results}};
}

/// Trains one run; nothing where it was interrupted.
std::optional<SweepResult> train_run(const TrainCommandOptions& options, const std::string& name) {
  try {
    const TrainResult result = train(options);
    if (result.status == exit_interrupted) return std::nullopt;
    if (!result.accuracy) refuse_untested();
    return SweepResult{result.accuracy, result.best_accuracy};
  } catch (const NotFinite& error) {
    print_warnings({fmt::format("{}: {}", name, error.what())});
    return SweepResult{};
  }
}

}  // namespace

Command setup_sweep(CLI::App& app) {
  auto options = std::make_shared<SweepOptions>();
  CLI::App* command = app.add_subcommand("sweep", "Train a config with every combination of some values and compare the runs");
  command->add_option("CONFIG", options->config, "The config file, or a shipped config's name")->type_name("")->required();
  command->add_option("--grid", options->grid, "Values of a key to try, as train.batch_size=32,64 (repeatable)")
      ->type_name("KEY=VALUE,...")
      ->allow_extra_args(false);
  command->add_option("--seeds", options->seeds, "Train each combination with so many seeds, from the config's on")
      ->type_name("N")
      ->check(whole_number(1, 1000));
  add_set_option(*command, options->sets);
  command->add_option("--out", options->out, "Write the runs into this folder (default: runs/NAME-sweep)")
      ->type_name("DIR")
      ->check(path_name());
  add_threads_option(*command, options->threads);
  command->add_flag("--json", options->json, "Print one JSON object instead of text");
  command->footer(
      "Each run has a folder of its own in the sweep's, as 'train' writes it; sweep.json there keeps the results. The same command again\n"
      "goes on where the sweep was stopped, within a run too.\n\n"
      "Examples:\n"
      "  cnnctl sweep digits --grid train.optimizer.adam.lr=0.1,0.01,0.001 --seeds 3\n"
      "  cnnctl sweep net.yaml --grid train.batch_size=32,128 --grid 'train.schedule=cosine,{step: {step_size: 5}}'");
  return {command, [options] { return run_sweep(*options); }, true};
}

int run_sweep(const SweepOptions& options) {
  const Experiment experiment = load_config(options.config, options.sets);
  Sweep sweep;
  for (const std::string& text : options.grid) sweep.axes.push_back(parse_axis(text));
  sweep.runs = runs_of(sweep.axes, options.seeds, experiment.train.seed);
  sweep.folder = options.out.empty() ? fmt::format("runs/{}-sweep", experiment.name) : options.out;
  check_runs(options, sweep);
  make_folder(sweep.folder);
  SweepRecord record(sweep.folder, experiment.yaml, sweep.axes, options.seeds);

  for (std::size_t i = 0; i < sweep.runs.size(); ++i) {
    const GridRun& run = sweep.runs[i];
    const SweepResult* result = record.find(run.name);
    if (result == nullptr) {
      const auto trained = train_run(train_options(options, sweep, run), run.name);
      if (!trained) {
        fmt::print(stderr, "interrupted; the same command goes on from here\n");
        return exit_interrupted;
      }
      record.add(run.name, *trained);
      result = record.find(run.name);
    }
    const std::string accuracy = result->accuracy ? fmt::format("{:.2f} %", 100 * *result->accuracy) : "diverged";
    fmt::print(stderr, "[{}/{}] {}: {}\n", i + 1, sweep.runs.size(), describe(sweep.axes, run), accuracy);
  }
  const std::vector<Row> rows = rows_of(sweep, record);
  if (options.json)
    print_json(to_json(sweep, rows));
  else
    print(to_text(sweep, rows, experiment.data.validation > 0 ? "best validation" : "best epoch"));
  return exit_done;
}

}  // namespace cnnctl
