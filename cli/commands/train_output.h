#pragma once

#include <memory>
#include <string>

#include <spdlog/logger.h>
#include <nlohmann/json_fwd.hpp>

#include "cli/terminal/progress_bar.h"
#include "engine/experiment/experiment.h"
#include "engine/runtime/timing.h"
#include "engine/training/trainer.h"

namespace cnnctl {

class LogFile;

/// How much of a run is shown, and as what.
struct TrainOutputOptions {
  bool quiet = false;
  bool silent = false;  // only the log file is written
  bool json = false;
  bool validated = false;  // the images evaluated after every epoch are the validation split's
  std::string log_file;
  std::int64_t log_bytes = 0;  // of the log file, that are kept: what stands behind them was not saved
};

/// What a run tells: lines or JSON events on standard output, information and the progress bar on standard error, all of it in train.log.
class TrainOutput {
 public:
  /// `images` an epoch, of which `images_done` in the whole run were trained before.
  TrainOutput(const TrainSpec& train, std::int64_t images, std::int64_t images_done, const TrainOutputOptions& options);

  void info(const std::string& message);
  /// Into train.log alone.
  void log(const std::string& message) { log_->debug(message); }
  /// Also where quiet.
  void warning(const std::string& message);
  /// An event in JSON mode, nothing else.
  void event(const nlohmann::json& event);

  /// After every step: prints where train.log_every or the epoch's end asks for it.
  void step(std::int64_t epoch, std::int64_t step, std::int64_t steps, double loss);
  void epoch(const EpochMetrics& metrics, bool is_best);
  /// The last line: the accuracy of the last weights, or why there is none. `test_images`: that the dataset has, readable or not.
  void end(const Evaluation& evaluation, std::int64_t test_images, const std::string& folder);
  void interrupted(const std::string& folder);

  /// Has the log file reach the disk; returns its bytes.
  std::int64_t save_log();

 private:
  void line(const std::string& text);
  void show_progress(std::int64_t epoch, std::int64_t step);

  const TrainSpec& train_;
  std::int64_t images_;
  std::int64_t images_before_;
  bool json_;
  bool silent_;
  std::string measured_;  // "test" or "validation"
  ProgressBar bar_;
  std::shared_ptr<LogFile> file_;
  std::shared_ptr<spdlog::logger> log_;
  Clock::time_point start_ = Clock::now();
};

}  // namespace cnnctl
