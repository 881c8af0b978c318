#include "cli/commands/bench.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <random>
#include <span>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands/inputs.h"
#include "cli/terminal/numbers.h"
#include "cli/terminal/option_checks.h"
#include "cli/terminal/table.h"
#include "cli/terminal/terminal.h"
#include "engine/graph/cost.h"
#include "engine/runtime/model.h"
#include "engine/runtime/threads.h"
#include "engine/runtime/timing.h"
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
      loss_ = make_loss({.type = "cross_entropy", .place = {}, .arguments = {}});
      optimizer_ = make_optimizer({.type = "adam", .place = {}, .arguments = {}}, model.trainable_values().size());
    }
  }

  /// One step; returns what it read (the loss, or a logit), so that nothing is left out.
  double step() {
    std::copy(images_.begin(), images_.end(), program_.input().begin());
    program_.forward();
    if (mode_ == Mode::evaluation) return program_.output().front();
    const double loss = loss_(program_.output(), labels_, classes_, program_.output_gradient());
    program_.backward();
    optimizer_->step(model_.trainable_values(), model_.trainable_gradients(), optimizer_->learning_rate());
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
};

/// Peak resident memory of this process in MiB. getrusage's figure would also count what the process was before exec.
double peak_memory_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(line.find(':') + 1)) / 1024;
  return 0;
}

struct BenchResult {
  std::string model;
  std::int64_t batch_size = 0;
  int threads = 0;
  double ms_per_step = 0;
  double images_per_second = 0;
  double gflops = 0;
  double peak_rss_mb = 0;
  double setup_seconds = 0;
  std::vector<StepTime> layers;
};

nlohmann::json to_json(const BenchResult& result, const BenchOptions& options) {
  nlohmann::json json = {{"model", result.model},
                         {"mode", options.mode},
                         {"precision", options.precision},
                         {"batch_size", result.batch_size},
                         {"threads", result.threads},
                         {"ms_per_step", result.ms_per_step},
                         {"images_per_second", result.images_per_second},
                         {"gflops", result.gflops},
                         {"peak_rss_mb", result.peak_rss_mb},
                         {"setup_seconds", result.setup_seconds}};
  if (!options.layers) return json;
  nlohmann::json& layers = json["layers"] = nlohmann::json::array();
  for (const StepTime& time : result.layers)
    layers.push_back({{"layer", time.layer},
                      {"pass", time.pass},
                      {"implementation", time.implementation},
                      {"format", time.format},
                      {"ms", time.milliseconds},
                      {"gflops", time.gflops}});
  return json;
}

std::string layers_text(const BenchResult& result) {
  double sum = 0;
  for (const StepTime& time : result.layers) sum += time.milliseconds;
  Table table({{"layer"},
               {"pass"},
               {"implementation"},
               {"format"},
               {"ms", Table::Align::right},
               {"share", Table::Align::right},
               {"GFLOP/s", Table::Align::right}});
  for (const StepTime& time : result.layers)
    table.add({time.layer, time.pass, time.implementation, time.format, fmt::format("{:.3f}", time.milliseconds),
               fmt::format("{:.1f} %", sum > 0 ? 100 * time.milliseconds / sum : 0.0),
               time.gflops > 0 ? fmt::format("{:.0f}", time.gflops) : ""});
  return table.text() +
         fmt::format(
             "\nprimitives take {:.3f} ms (sum of medians) of a step's {:.3f} ms (median); the rest is copying, loss and update\n\n", sum,
             result.ms_per_step);
}

std::string to_text(const BenchResult& result, const BenchOptions& options) {
  return (options.layers ? layers_text(result) : "") + fmt::format(
                                                           "{} {} {}, batch size {}, {} threads\n"
                                                           "  {:.3f} ms a step (median of {})\n"
                                                           "  {:.1f} images per second\n"
                                                           "  {:.1f} GFLOP/s\n"
                                                           "  {:.1f} MB peak memory\n"
                                                           "  {:.3f} s from start to the first measured step\n",
                                                           result.model, options.mode, options.precision, result.batch_size, result.threads,
                                                           result.ms_per_step, options.steps, result.images_per_second, result.gflops,
                                                           result.peak_rss_mb, result.setup_seconds);
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
  command->add_option("--warmup", options->warmup, "Steps to run before")
      ->type_name("W")
      ->check(whole_number(0, 1 << 24))
      ->capture_default_str();
  add_threads_option(*command, options->threads);
  command->add_option("--precision", options->precision, "Numbers to compute in; bf16 comes in a later version")
      ->type_name("f32|bf16")
      ->check(one_of({"f32", "bf16"}))
      ->capture_default_str();
  command->add_flag("--layers", options->layers, "Add a row a primitive: time, rate and the implementation that was chosen");
  command->add_flag("--json", options->json, "Print one JSON object instead of text");
  command->footer(
      "Examples:\n"
      "  cnnctl bench configs/mnist_convnet.yaml\n"
      "  cnnctl bench configs/mnist_convnet.yaml --mode eval --batch-size 1\n"
      "  cnnctl bench configs/mnist_convnet.yaml --layers");
  return {command, [options] { return run_bench(*options); }};
}

int run_bench(const BenchOptions& options) {
  const auto start = Clock::now();
  if (options.precision == "bf16") throw InputError("--precision bf16 comes in a later version; use f32");
  BenchResult result;
  result.threads = set_threads(options.threads);
  const Experiment experiment = load_config(options.config, options.sets);
  const bool train = options.mode == "train";
  const Mode mode = train ? Mode::training : Mode::evaluation;
  const auto seed = static_cast<std::uint64_t>(experiment.train.seed);
  result.model = experiment.graph.name;
  result.batch_size = options.batch_size > 0 ? options.batch_size : experiment.train.batch_size;

  Model model(experiment.graph, {.mode = mode, .batch_size = result.batch_size, .seed = seed, .profile = options.layers});
  initialize(model, seed);
  Bench bench(model, mode, result.batch_size, seed);
  for (std::int64_t i = 0; i < options.warmup; ++i) bench.step();
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
  const double flops = 2.0 * (train ? 3.0 : 1.0) * static_cast<double>(macs_per_image(experiment.graph)) * images;
  result.ms_per_step = 1000 * step_seconds;
  result.images_per_second = images / step_seconds;
  result.gflops = flops / step_seconds / 1e9;
  result.peak_rss_mb = peak_memory_mb();
  if (options.layers) result.layers = bench.program().step_times();
  if (options.json)
    print_json(to_json(result, options));
  else
    print(to_text(result, options));
  return exit_done;
}

}  // namespace cnnctl
