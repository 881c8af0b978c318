#include "cli/commands/bench.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <optional>
#include <random>
#include <span>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands/bench_comparison.h"
#include "cli/commands/bench_result.h"
#include "cli/commands/inputs.h"
#include "cli/terminal/option_checks.h"
#include "cli/terminal/table.h"
#include "cli/terminal/terminal.h"
#include "engine/graph/cost.h"
#include "engine/runtime/model.h"
#include "engine/runtime/threads.h"
#include "engine/runtime/timing.h"
#include "engine/training/bound_threads.h"
#include "engine/training/optimizers/parallel.h"
#include "engine/training/weights.h"

namespace cnnctl {
namespace {

/// A batch of noise with random labels, and what a step needs besides the model. Makes and runs steps of either mode.
class Bench {
 public:
  Bench(Model& model, Mode mode, std::int64_t batch_size, std::uint64_t seed)
      : model_(model),
        mode_(mode),
        classes_(class_count(model.graph(), "bench")),
        program_(mode == Mode::training ? model.training(batch_size) : model.evaluation(batch_size)),
        images_(program_.input().size()),
        labels_(static_cast<std::size_t>(batch_size)) {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<float> pixels(0.0F, 1.0F);
    std::uniform_int_distribution<std::int32_t> labels(0, classes_ - 1);
    std::generate(images_.begin(), images_.end(), [&] { return pixels(random); });
    std::generate(labels_.begin(), labels_.end(), [&] { return labels(random); });
    if (mode == Mode::training) {
      loss_ = make_loss({.type = "cross_entropy", .place = {}, .arguments = {}}, classes_);
      optimizer_ = make_optimizer({.type = "adam", .place = {}, .arguments = {}}, model.trainable_values().size());
      all_ = {0, model.trainable_values().size(), optimizer_->rates()};
    }
  }

  /// One step; returns what it read (the loss, or a logit), so that nothing is left out.
  double step() {
    // On all threads, as the loader fills a batch.
    const std::span<float> input = program_.input();
    for_each_chunk(input.size(),
                   [&](std::size_t begin, std::size_t end) { std::copy_n(images_.data() + begin, end - begin, input.data() + begin); });
    program_.forward();
    if (mode_ == Mode::evaluation) return program_.output().front();
    const double loss = loss_(program_.output(), {labels_}, classes_, program_.output_gradient()).mean;
    program_.backward();
    optimizer_->step(model_.trainable_values(), model_.trainable_gradients(), std::span(&all_, 1));
    model_.values_changed();
    return loss;
  }

  const Program& program() const { return program_; }

 private:
  Model& model_;
  Mode mode_;
  int classes_;
  Program& program_;
  std::vector<float> images_;
  std::vector<std::int32_t> labels_;
  Loss loss_;
  std::unique_ptr<Optimizer> optimizer_;
  ParameterGroup all_;
};

/// Peak resident memory of this process in MiB. getrusage's figure would also count what the process was before exec.
double peak_memory_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(line.find(':') + 1)) / 1024;
  return 0;
}

/// The layers' conversions of format, which the rows list among all else: what a better choice of formats could save.
std::string reorders_text(const std::vector<StepTime>& layers) {
  std::string text;
  int count = 0;
  double sum = 0;
  for (const StepTime& time : layers) {
    if (time.pass != "reorder") continue;
    ++count;
    sum += time.milliseconds;
    text += fmt::format("  {} {}, {:.3f} ms\n", time.layer, time.format, time.milliseconds);
  }
  return count == 0 ? "no reorders\n" : fmt::format("{} reorder{}, {:.3f} ms\n{}", count, count == 1 ? "" : "s", sum, text);
}

std::string layers_text(const std::vector<StepTime>& layers, double ms_per_step) {
  double sum = 0;
  for (const StepTime& time : layers) sum += time.milliseconds;
  Table table({{"layer"},
               {"pass"},
               {"implementation"},
               {"format"},
               {"ms", Table::Align::right},
               {"share", Table::Align::right},
               {"GFLOP/s", Table::Align::right}});
  for (const StepTime& time : layers)
    table.add({time.layer, time.pass, time.implementation, time.format, fmt::format("{:.3f}", time.milliseconds),
               fmt::format("{:.1f} %", sum > 0 ? 100 * time.milliseconds / sum : 0.0),
               time.gflops > 0 ? fmt::format("{:.0f}", time.gflops) : ""});
  return table.text() +
         fmt::format(
             "\nprimitives take {:.3f} ms (sum of medians) of a step's {:.3f} ms (median); the rest is copying, loss and update\n{}\n", sum,
             ms_per_step, reorders_text(layers));
}

std::string to_text(const BenchResult& result, std::int64_t steps) {
  return (result.layers ? layers_text(*result.layers, result.ms_per_step) : "") + (result.tuning.empty() ? "" : result.tuning + "\n") +
         fmt::format(
             "{}\n"
             "  {:.3f} ms a step (median of {})\n"
             "  {:.1f} images per second\n"
             "  {:.1f} GFLOP/s\n"
             "  {:.1f} MB peak memory\n"
             "  {:.3f} s from start to the first measured step\n",
             heading(result), result.ms_per_step, steps, result.images_per_second, result.gflops, result.peak_rss_mb, result.setup_seconds);
}

/// Runs so many steps, and more until the system has given every thread a processor of its own, which at first two may share.
void warm_up(Bench& bench, std::int64_t steps) {
  constexpr double least_seconds = 0.1;
  const auto start = Clock::now();
  for (std::int64_t i = 0; i < steps || (steps > 0 && seconds_since(start) < least_seconds); ++i) bench.step();
}

/// Runs the steps and fills in what they measure. `start`: when the command began.
void measure(BenchResult& result, const Experiment& experiment, const BenchOptions& options, Clock::time_point start) {
  const Mode mode = result.mode == "train" ? Mode::training : Mode::evaluation;
  const auto seed = static_cast<std::uint64_t>(experiment.train.seed);
  ModelOptions model_options{
      .mode = mode, .batch_size = result.batch_size, .seed = seed, .profile = options.layers, .recompute = experiment.train.recompute};
  set_choices(model_options, experiment.train, {});
  Model model(experiment.graph, model_options);
  remember_choices(model);
  result.tuning = tuning_line(model.tuning());
  initialize(model, seed);
  Bench bench(model, mode, result.batch_size, seed);
  const BoundThreads bound;
  warm_up(bench, options.warmup);
  result.setup_seconds = seconds_since(start);

  std::vector<double> seconds;
  for (std::int64_t i = 0; i < options.steps; ++i) {
    const auto step_start = Clock::now();
    bench.step();
    seconds.push_back(seconds_since(step_start));
  }
  const double step_seconds = median(std::move(seconds));
  const auto images = static_cast<double>(result.batch_size);
  // Backward by data and by weights each take as many multiply-accumulates as forward.
  const double passes = mode == Mode::training ? 3.0 : 1.0;
  result.ms_per_step = 1000 * step_seconds;
  result.images_per_second = images / step_seconds;
  result.gflops = 2.0 * passes * static_cast<double>(macs_per_image(experiment.graph)) * images / step_seconds / 1e9;
  result.peak_rss_mb = peak_memory_mb();
  if (options.layers) result.layers = bench.program().step_times();
}

void print_result(const BenchResult& result, const std::optional<BenchResult>& earlier, const BenchOptions& options) {
  if (options.json) {
    nlohmann::json json = to_json(result);
    if (earlier) json["earlier"] = to_json(*earlier);
    return print_json(json);
  }
  print(to_text(result, options.steps) + (earlier ? "\n" + comparison_text(*earlier, result, options.compare) : ""));
}

}  // namespace

Command setup_bench(CLI::App& app) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* command = app.add_subcommand("bench", "Measure how fast a network trains or evaluates, on random data");
  command->add_option("CONFIG", options->config, "The config file, or a shipped config's name")->type_name("")->required();
  add_set_option(*command, options->sets);
  command
      ->add_option("--mode", options->mode,
                   "What a step is: train copies a batch in, then forward, loss, backward, Adam;\n"
                   "eval copies a batch in, then forward")
      ->type_name("train|eval")
      ->check(one_of({"train", "eval"}))
      ->capture_default_str();
  command->add_option("--batch-size", options->batch_size, "Images at a time (default: train.batch_size)")
      ->type_name("N")
      ->check(whole_number(1, 1 << 24));
  command->add_option("--steps", options->steps, "Steps to measure")
      ->type_name("K")
      ->check(whole_number(1, 1 << 24))
      ->capture_default_str();
  command->add_option("--warmup", options->warmup, "Steps to run before; more where they take less than 0.1 s, none for 0")
      ->type_name("W")
      ->check(whole_number(0, 1 << 24))
      ->capture_default_str();
  add_threads_option(*command, options->threads);
  add_precision_option(*command, options->precision, "the config's");
  command->add_flag("--layers", options->layers, "Add a row a primitive: time, rate and the implementation that was chosen");
  command
      ->add_option("--compare", options->compare,
                   "Show the change against an earlier run: a file of what --json printed, also of\n"
                   "several runs, of which the one of this model, mode and batch size counts")
      ->type_name("FILE.json")
      ->check(path_name());
  command->add_flag("--json", options->json, "Print one JSON object instead of text");
  command->footer(
      "Examples:\n"
      "  cnnctl bench configs/mnist_convnet.yaml\n"
      "  cnnctl bench configs/mnist_convnet.yaml --mode eval --batch-size 1\n"
      "  cnnctl bench configs/mnist_convnet.yaml --layers\n"
      "  cnnctl bench configs/mnist_convnet.yaml --layers --json > before.json\n"
      "  cnnctl bench configs/mnist_convnet.yaml --layers --compare before.json");
  return {command, [options] { return run_bench(*options); }, true};
}

int run_bench(const BenchOptions& options) {
  const auto start = Clock::now();
  BenchResult result;
  result.mode = options.mode;
  result.threads = set_threads(options.threads);
  Experiment experiment = load_config(options.config, options.sets);
  set_precision(experiment.train, options.precision);
  result.precision = experiment.train.precision;
  result.model = experiment.graph.name;
  result.batch_size = options.batch_size > 0 ? options.batch_size : experiment.train.batch_size;
  std::optional<BenchResult> earlier;
  if (!options.compare.empty()) earlier = find_comparable(read_bench_results(options.compare), result, options.compare);
  measure(result, experiment, options, start);
  print_result(result, earlier, options);
  return exit_done;
}

}  // namespace cnnctl
