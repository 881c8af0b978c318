#include "cli/commands/train_output.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <nlohmann/json.hpp>

#include "cli/commands/log_file.h"
#include "cli/terminal/numbers.h"
#include "cli/terminal/terminal.h"
#include "engine/diagnostics/control.h"

namespace cnnctl {
namespace {

/// Information goes to standard error (unless quiet) and the file; what standard output shows is debug, for the file alone.
std::shared_ptr<spdlog::logger> make_log(const TrainOutputOptions& options, const std::shared_ptr<LogFile>& file) {
  auto terminal = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  terminal->set_level(options.silent ? spdlog::level::off : options.quiet ? spdlog::level::warn : spdlog::level::info);
  terminal->set_pattern("%v");
  file->set_pattern("%Y-%m-%d %H:%M:%S.%e %v");
  auto log = std::make_shared<spdlog::logger>("train", spdlog::sinks_init_list{terminal, file});
  log->set_level(spdlog::level::debug);
  return log;
}

}  // namespace

TrainOutput::TrainOutput(const TrainSpec& train, std::int64_t images, std::int64_t images_done, const TrainOutputOptions& options)
    : train_(train),
      images_(images),
      images_before_(images_done),
      json_(options.json),
      silent_(options.silent),
      measured_(options.validated ? "validation" : "test"),
      bar_(!options.quiet && is_terminal(stderr)),
      file_(std::make_shared<LogFile>(options.log_file, options.log_bytes)),
      log_(make_log(options, file_)) {}

void TrainOutput::info(const std::string& message) {
  bar_.clear();
  log_->info(without_controls(message));
}

void TrainOutput::warning(const std::string& message) {
  bar_.clear();
  log_->warn("cnnctl: warning: {}", without_controls(message));
}

std::int64_t TrainOutput::save_log() {
  log_->flush();
  return file_->size();
}

void TrainOutput::event(const nlohmann::json& event) {
  if (!json_) return;
  bar_.clear();
  print_json(event);
}

void TrainOutput::line(const std::string& text) {
  log_->debug(text);
  if (json_ || silent_) return;
  bar_.clear();
  print(text + "\n");
}

void TrainOutput::show_progress(std::int64_t epoch, std::int64_t step) {
  if (!bar_.is_due()) return;
  ProgressState state;
  state.epoch = epoch;
  state.epochs = train_.epochs;
  state.done = (epoch - 1) * images_ + std::min(images_, step * train_.batch_size);
  state.total = train_.epochs * images_;
  const double seconds = seconds_since(start_);
  state.images_per_second = seconds > 0 ? static_cast<double>(state.done - images_before_) / seconds : 0;
  state.seconds_left = state.images_per_second > 0 ? static_cast<double>(state.total - state.done) / state.images_per_second : 0;
  bar_.draw(state);
}

void TrainOutput::step(std::int64_t epoch, std::int64_t step, std::int64_t steps, double loss) {
  if (step % train_.log_every == 0 || step == steps) {
    line(fmt::format("Epoch [{}/{}], Step [{}/{}], Loss: {:.4f}", epoch, train_.epochs, step, steps, loss));
    event({{"event", "step"}, {"epoch", epoch}, {"epochs", train_.epochs}, {"step", step}, {"steps", steps}, {"loss", loss}});
  }
  show_progress(epoch, step);
}

void TrainOutput::epoch(const EpochMetrics& metrics, bool is_best) {
  const bool tested = metrics.test.images > 0;
  const std::string test = tested ? fmt::format(", {0} loss {1:.4f}, {0} accuracy {2:.2f} %{3}", measured_, metrics.test.loss,
                                                100 * metrics.test.accuracy(), is_best ? " (best so far)" : "")
                                  : "";
  info(fmt::format("epoch {}: train loss {:.4f}{}, {:.1f} s, {} images/s", metrics.epoch, metrics.train_loss, test, metrics.seconds,
                   with_separators(static_cast<std::int64_t>(metrics.images_per_second))));
  nlohmann::json json = {{"event", "epoch"},          {"epoch", metrics.epoch},
                         {"step", metrics.step},      {"train_loss", metrics.train_loss},
                         {"lr", metrics.lr},          {"images_per_second", metrics.images_per_second},
                         {"seconds", metrics.seconds}};
  if (tested) {
    json[measured_ + "_loss"] = metrics.test.loss;
    json[measured_ + "_accuracy"] = metrics.test.accuracy();
  }
  event(json);
}

void TrainOutput::end(const Evaluation& evaluation, std::int64_t test_images, const std::string& folder) {
  const bool tested = evaluation.images > 0;
  if (tested)
    line(accuracy_line(evaluation, "test"));
  else
    info(fmt::format("{}: there is no accuracy to tell",
                     test_images > 0 ? fmt::format("none of the {} test images can be read", with_separators(test_images))
                                     : "the dataset has no test images"));
  nlohmann::json json = {{"event", "end"}, {"run", folder}, {"accuracy", nullptr}};
  if (tested) {
    json["accuracy"] = evaluation.accuracy();
    json["correct"] = evaluation.correct;
    json["images"] = evaluation.images;
    json["loss"] = evaluation.loss;
  }
  event(json);
}

void TrainOutput::interrupted(const std::string& folder) {
  bar_.clear();
  // Also where quiet: whoever stopped the run needs to know how to go on.
  log_->warn("interrupted; the run is saved. To continue it: cnnctl train --resume {}", folder);
}

}  // namespace cnnctl
