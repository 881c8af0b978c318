#include "cli/commands/lr_find.h"

#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands/interrupt.h"
#include "cli/commands/recipe.h"
#include "cli/commands/run_folder.h"
#include "cli/terminal/table.h"
#include "cli/terminal/terminal.h"
#include "engine/training/lr_find.h"

namespace cnnctl {
namespace {

std::string csv_text(const LrCurve& curve) {
  std::string text = "lr,loss,smoothed_loss\n";
  for (const LrPoint& point : curve.points) text += fmt::format("{:.6g},{:.6g},{:.6g}\n", point.lr, point.loss, point.smoothed_loss);
  return text;
}

nlohmann::json to_json(const LrCurve& curve, const std::string& folder) {
  nlohmann::json points = nlohmann::json::array();
  for (const LrPoint& point : curve.points)
    points.push_back({{"lr", point.lr}, {"loss", point.loss}, {"smoothed_loss", point.smoothed_loss}});
  return {{"event", "lr_find"},
          {"run", folder},
          {"suggestion", curve.suggestion ? nlohmann::json(*curve.suggestion) : nlohmann::json()},
          {"points", std::move(points)}};
}

std::string why_none(const LrCurve& curve) {
  if (stop_requested()) return "the run was interrupted";
  if (curve.points.size() < fewest_points) return fmt::format("the curve ended after {} updates, too few to tell", curve.points.size());
  return "the loss never fell";
}

/// Every so many rows of the curve, and the suggestion.
std::string to_text(const LrCurve& curve, const std::string& optimizer) {
  constexpr std::size_t every = 5;
  Table table({{"learning rate", Table::Align::right}, {"loss", Table::Align::right}, {"smoothed", Table::Align::right}});
  for (std::size_t i = 0; i < curve.points.size(); i += every)
    table.add({fmt::format("{:.3g}", curve.points[i].lr), fmt::format("{:.4f}", curve.points[i].loss),
               fmt::format("{:.4f}", curve.points[i].smoothed_loss)});
  if (!curve.suggestion) return fmt::format("{}\nNo learning rate is suggested: {}.\n", table.text(), why_none(curve));
  return fmt::format("{}\nSuggested learning rate: {:.3g}   (--set train.optimizer.{}.lr={:.3g})\n", table.text(), *curve.suggestion,
                     optimizer, *curve.suggestion);
}

}  // namespace

int run_lr_find(const TrainCommandOptions& options, const Experiment& experiment, Model& model, BatchSource& train) {
  const TrainSpec& spec = experiment.train;
  const auto optimizer = make_optimizer(spec.optimizer, model.trainable_values().size());
  const RunFolder folder = RunFolder::create(options.out, experiment.name + "-lr-find");
  folder.write("config.yaml", experiment.yaml);
  const InterruptGuard guard;
  const LrCurve curve =
      find_learning_rate(model, train, make_loss(spec.loss, train.classes()), *optimizer,
                         make_groups(model, optimizer->rates(), group_rules(spec)), trainer_options(spec), stop_requested());
  folder.write("lr_find.csv", csv_text(curve));
  if (options.json)
    print_json(to_json(curve, folder.path()));
  else
    print(to_text(curve, spec.optimizer.type));
  if (!options.quiet) fmt::print(stderr, "written to {}\n", folder.file("lr_find.csv"));
  return stop_requested() ? exit_interrupted : exit_done;
}

}  // namespace cnnctl
