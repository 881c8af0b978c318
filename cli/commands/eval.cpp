#include "cli/commands/eval.h"

#include <cstdio>
#include <future>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands/download.h"
#include "cli/commands/inputs.h"
#include "cli/commands/sources.h"
#include "cli/terminal/numbers.h"
#include "cli/terminal/option_checks.h"
#include "cli/terminal/table.h"
#include "cli/terminal/terminal.h"
#include "engine/runtime/threads.h"
#include "engine/training/bound_threads.h"
#include "engine/training/evaluate.h"
#include "engine/training/weights.h"

namespace cnnctl {
namespace {

/// How well one class is told from the others. Shares of an empty set are 0.
struct ClassScore {
  std::string name;
  std::int64_t count = 0;  // images of the class
  double precision = 0;
  double recall = 0;
  double f1 = 0;
};

double share(std::int64_t part, std::int64_t whole) { return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0; }

std::vector<ClassScore> class_scores(const Evaluation& evaluation, std::size_t classes, const std::vector<std::string>& names) {
  std::vector<std::int64_t> counts(classes), predicted(classes), right(classes);
  for (const auto& [pair, images] : evaluation.confusion) {
    const auto [actual, guess] = pair;
    counts.at(static_cast<std::size_t>(actual)) += images;
    predicted.at(static_cast<std::size_t>(guess)) += images;
    if (guess == actual) right.at(static_cast<std::size_t>(actual)) += images;
  }
  std::vector<ClassScore> scores;
  for (std::size_t i = 0; i < classes; ++i)
    scores.push_back({.name = i < names.size() ? names[i] : std::to_string(i),
                      .count = counts[i],
                      .precision = share(right[i], predicted[i]),
                      .recall = share(right[i], counts[i]),
                      .f1 = share(2 * right[i], predicted[i] + counts[i])});
  return scores;
}

/// [actual class][predicted class].
std::vector<std::vector<std::int64_t>> confusion_matrix(const Evaluation& evaluation, std::size_t classes) {
  std::vector<std::vector<std::int64_t>> matrix(classes, std::vector<std::int64_t>(classes, 0));
  for (const auto& [pair, images] : evaluation.confusion)
    matrix.at(static_cast<std::size_t>(pair.first)).at(static_cast<std::size_t>(pair.second)) = images;
  return matrix;
}

std::string to_text(const Evaluation& evaluation, const std::vector<ClassScore>& scores, const std::string& part) {
  std::string result = fmt::format("loss    {:.4f}\n", evaluation.loss);
  if (scores.size() > 5) result += fmt::format("top-5   {:.2f} %\n", 100 * evaluation.top5_accuracy());
  Table table({{"class"},
               {"precision", Table::Align::right},
               {"recall", Table::Align::right},
               {"F1", Table::Align::right},
               {"count", Table::Align::right}});
  for (const ClassScore& score : scores)
    table.add({score.name, fmt::format("{:.4f}", score.precision), fmt::format("{:.4f}", score.recall), fmt::format("{:.4f}", score.f1),
               with_separators(score.count)});
  return result + "\n" + table.text() + "\n" + accuracy_line(evaluation, part) + "\n";
}

nlohmann::json to_json(const Evaluation& evaluation, const std::vector<ClassScore>& scores, const EvalOptions& options,
                       const std::string& path) {
  nlohmann::json classes = nlohmann::json::array();
  for (const ClassScore& score : scores)
    classes.push_back(
        {{"name", score.name}, {"precision", score.precision}, {"recall", score.recall}, {"f1", score.f1}, {"count", score.count}});
  nlohmann::json result = {{"checkpoint", path},
                           {"split", options.split},
                           {"images", evaluation.images},
                           {"correct", evaluation.correct},
                           {"accuracy", evaluation.accuracy()},
                           {"loss", evaluation.loss},
                           {"classes", std::move(classes)},
                           {"confusion_matrix", confusion_matrix(evaluation, scores.size())}};
  if (scores.size() > 5) result["top5_accuracy"] = evaluation.top5_accuracy();
  return result;
}

}  // namespace

Command setup_eval(CLI::App& app) {
  auto options = std::make_shared<EvalOptions>();
  CLI::App* command = app.add_subcommand("eval", "Measure a checkpoint's accuracy, with loss and a row a class");
  command->add_option("CHECKPOINT", options->checkpoint, "A .safetensors file that 'train' wrote, or a run's folder for its last one")
      ->type_name("")
      ->required();
  add_set_option(*command, options->sets);
  command->add_option("--split", options->split, "Part of the dataset to use")
      ->type_name("test|train|validation")
      ->check(one_of({"test", "train", "validation"}))
      ->capture_default_str();
  add_threads_option(*command, options->threads);
  add_precision_option(*command, options->precision, "the checkpoint's");
  command->add_flag("--json", options->json, "Print one JSON object, with the confusion matrix, instead of text");
  command->footer(
      "The network, the dataset and its place come from the checkpoint; --set changes them.\n\n"
      "Examples:\n"
      "  cnnctl eval runs/mnist_convnet/best.safetensors\n"
      "  cnnctl eval runs/mnist_convnet --split train\n"
      "  cnnctl eval runs/mnist_convnet --set data.dataset.mnist.root=elsewhere/mnist");
  return {command, [options] { return run_eval(*options); }, true};
}

int run_eval(const EvalOptions& options) {
  set_threads(options.threads);
  SavedExperiment saved = load_checkpoint(options.checkpoint, options.sets);
  Experiment& experiment = saved.experiment;
  class_count(experiment.graph, "eval");
  constexpr const char* advice = "leave out --set for what changes the network";
  require_fitting(experiment.graph, saved.checkpoint.file, saved.path, {}, advice);
  set_precision(experiment.train, options.precision);
  download_data(experiment, false);
  auto loading = std::async(std::launch::async, [&] { return load_part(experiment, options.split); });
  ModelOptions model_options{.mode = Mode::evaluation, .batch_size = experiment.train.batch_size};
  set_choices(model_options, experiment.train, saved.checkpoint.choices);
  model_options.before_tuning = [&] {
    if (loading.valid()) loading.wait();
  };
  Model model(experiment.graph, model_options);
  print_warnings(warnings(load_weights(model, saved.checkpoint.file, saved.path, {}, advice), saved.path));
  const auto source = loading.get();
  prepare_evaluation(model, source->size(), experiment.train.batch_size);
  remember_choices(model);
  const BoundThreads bound;
  const Evaluation evaluation = evaluate(model, *source, make_loss(experiment.train.loss, source->classes()), experiment.train.batch_size);
  if (evaluation.images == 0)
    throw InputError(fmt::format("none of the {} {} images can be read: {}", source->size(), options.split, source->unreadable().front()));
  if (const std::string skipped = skipped_text({source.get()}); !skipped.empty()) print_warnings({skipped});
  const auto scores = class_scores(evaluation, static_cast<std::size_t>(source->classes()), source->class_names());
  if (options.json)
    print_json(to_json(evaluation, scores, options, saved.path));
  else
    print(to_text(evaluation, scores, options.split));
  return exit_done;
}

}  // namespace cnnctl
