#include "cli/commands/train.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <new>
#include <optional>
#include <set>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/commands/inputs.h"
#include "cli/commands/interrupt.h"
#include "cli/commands/lr_find.h"
#include "cli/commands/recipe.h"
#include "cli/commands/resume.h"
#include "cli/commands/run_folder.h"
#include "cli/commands/sources.h"
#include "cli/commands/train_job.h"
#include "cli/commands/train_output.h"
#include "cli/terminal/numbers.h"
#include "cli/terminal/option_checks.h"
#include "cli/terminal/terminal.h"
#include "engine/graph/cost.h"
#include "engine/runtime/threads.h"
#include "engine/runtime/timing.h"
#include "engine/training/bound_threads.h"
#include "engine/training/choice_cache.h"
#include "engine/training/metrics.h"

namespace cnnctl {
namespace {

std::string device_line(int threads) { return fmt::format("device: cpu, {} threads, {}", threads, runtime_description()); }

std::string network_line(const Experiment& experiment) {
  const std::int64_t frozen = frozen_count(experiment.graph);
  return fmt::format("network: {}, {} parameters{}, {} multiply-accumulates per image", experiment.name,
                     with_separators(parameter_count(experiment.graph)),
                     frozen > 0 ? fmt::format(" ({} of them frozen)", with_separators(frozen)) : "",
                     with_separators(macs_per_image(experiment.graph)));
}

std::string data_line(const TrainJob& job) {
  const std::string validation = job.validation ? with_separators(job.validation->size()) + " validation images, " : "";
  return fmt::format("data: {}, {} training images, {}{} test images of {}", job.experiment.data.dataset.type,
                     with_separators(job.train->size()), validation, with_separators(job.test ? job.test->size() : 0),
                     to_string(job.train->image_shape()));
}

/// One run of the training loop, with its folder, its output and its checkpoints.
class Run {
 public:
  Run(TrainJob& job, const TrainCommandOptions& options, int threads, Clock::time_point start)
      : job_(job),
        spec_(job.experiment.train),
        start_(start),
        length_(trainer_options(spec_).run_length(job.train->size())),
        optimizer_(make_optimizer(spec_.optimizer, job.model->trainable_values().size())),
        schedule_(make_schedule(spec_.schedule, length_, *optimizer_)),
        ema_(spec_.ema ? std::make_unique<Ema>(*job.model, *spec_.ema) : nullptr),
        trainer_(*job.model, *job.train, job.measured(),
                 {make_loss(spec_.loss, job.train->classes()), *optimizer_,
                  make_groups(*job.model, optimizer_->rates(), group_rules(spec_)), *schedule_, ema_.get()},
                 trainer_options(spec_)) {
    check_is_measured(job.experiment, *schedule_, job.measured() != nullptr);
    if (job.resumed) resume(options.resume);
    const Progress& progress = trainer_.progress();
    if (job.validation && job.test) prepare_evaluation(*job.model, job.test->size(), spec_.batch_size);  // for the run's end
    remember_choices(*job.model);
    folder_.emplace(job.folder ? std::move(*job.folder) : RunFolder::create(options.out, job.experiment.name));
    // A run can be resumed from its beginning on, and with what --set changed; and a full disk shows now.
    if (!job.resumed || !options.sets.empty()) write_checkpoint();
    folder_->write("config.yaml", job.experiment.yaml);
    if (const Choices& choices = job.model->choices(); !choices.empty()) folder_->write("choices.json", choices_text(choices));
    metrics_.emplace(folder_->file("metrics.csv"), progress.epoch, job.validation != nullptr);
    const std::int64_t images_done = progress.epoch * job.train->size() + progress.step * spec_.batch_size;
    output_.emplace(spec_, job.train->size(), images_done,
                    TrainOutputOptions{.quiet = options.quiet || options.silent,
                                       .silent = options.silent,
                                       .json = options.json,
                                       .validated = job.validation != nullptr,
                                       .log_file = folder_->file("train.log"),
                                       .log_bytes = progress.log_bytes});
    introduce(threads);
  }

  TrainResult execute() {
    const InterruptGuard guard;
    const BoundThreads bound;
    TrainerEvents events;
    events.step = [this](std::int64_t epoch, std::int64_t step, std::int64_t steps, double loss) { on_step(epoch, step, steps, loss); };
    events.epoch = [this](const EpochMetrics& metrics, bool is_best) { on_epoch(metrics, is_best); };
    events.checkpoint = [this] { attempt("last.safetensors", [this] { save_last(); }); };
    if (!run_trainer(events)) return interrupted();
    if (job_.test && !tested_) tested_ = trainer_.measure(*job_.test);
    if (trainer_.has_stopped_early() && trainer_.progress().epoch < spec_.epochs)
      output_->info(fmt::format("stopped early: {} epochs were no better than the best", trainer_.progress().stopping.epochs_since_best));
    tell_skipped();
    if (unwritten_.empty()) output_->info(fmt::format("written to {}", folder_->path()));
    output_->end(tested_.value_or(Evaluation{}), job_.test ? job_.test->size() : 0, folder_->path());
    require_all_written();
    TrainResult result;
    result.best_accuracy = trainer_.progress().best_accuracy;
    if (tested_ && tested_->images > 0) result.accuracy = tested_->accuracy();
    return result;
  }

 private:
  TrainResult interrupted() {
    tell_skipped();
    require_all_written();
    output_->interrupted(folder_->path());
    if (output_failure_) throw std::runtime_error(*output_failure_);
    return {exit_interrupted, std::nullopt, 0};
  }

  bool run_trainer(const TrainerEvents& events) {
    try {
      return trainer_.run(events, stop_requested());
    } catch (const NotFinite& error) {
      const std::string text = fmt::format("{}. last.safetensors still holds {}", error.what(), saved_);
      output_->log(text);
      throw NotFinite(text);
    }
  }

  void introduce(int threads) {
    const Progress& progress = trainer_.progress();
    output_->info(device_line(threads));
    output_->info(network_line(job_.experiment));
    output_->info(data_line(job_));
    for (const std::string& line : job_.init_summary) output_->info(line);
    if (const std::string tuning = tuning_line(job_.model->tuning()); !tuning.empty()) output_->info(tuning);
    if (const std::string warning = short_for_average(spec_, length_); !warning.empty()) output_->warning(warning);
    output_->info(fmt::format("run: {}", folder_->path()));
    if (job_.resumed) output_->info(resume_line());
    output_->event({{"event", "start"},
                    {"run", folder_->path()},
                    {"name", job_.experiment.name},
                    {"parameters", parameter_count(job_.experiment.graph)},
                    {"train_images", job_.train->size()},
                    {"test_images", job_.test ? job_.test->size() : 0},
                    {"epochs", spec_.epochs},
                    {"epochs_done", progress.epoch},
                    {"threads", threads}});
  }

  std::string resume_line() {
    const Progress& progress = trainer_.progress();
    if (progress.epoch >= spec_.epochs)
      return fmt::format("the run is finished: {} epochs are done. To train on: --set train.epochs={}", progress.epoch, 2 * progress.epoch);
    if (trainer_.has_stopped_early())
      return fmt::format("the run is finished: it stopped early, after {} epochs. To train on: --set train.early_stopping.patience={}",
                         progress.epoch, 2 * progress.stopping.epochs_since_best);
    return fmt::format("continuing after epoch {}, step {}", progress.epoch, progress.step);
  }

  void on_step(std::int64_t epoch, std::int64_t step, std::int64_t steps, double loss) {
    if (first_step_) {
      first_step_ = false;
      output_->info(fmt::format("first step after {:.3f} s", seconds_since(start_)));
    }
    tell([&] { output_->step(epoch, step, steps, loss); });
  }

  void on_epoch(const EpochMetrics& metrics, bool is_best) {
    if (!job_.validation) tested_ = metrics.test;
    attempt("metrics.csv", [&] { metrics_->write(metrics); });
    if (is_best)
      attempt("best.safetensors",
              [&] { write_best(folder_->file("best.safetensors"), *job_.model, job_.experiment.yaml, job_.train->class_names()); });
    tell([&] { output_->epoch(metrics, is_best); });
  }

  /// Where nobody reads on, or nothing can be written, the run is interrupted as by Ctrl-C, so that nothing of it is lost.
  template <class Output>
  void tell(Output&& output) {
    try {
      output();
    } catch (const BrokenPipe&) {
      stop_requested() = true;
    } catch (const std::runtime_error& error) {
      stop_requested() = true;
      output_failure_ = error.what();
    }
  }

  /// Writes one of the run's files. Where that fails, training goes on, and the next writing may mend it.
  template <class Write>
  void attempt(const std::string& name, Write&& write) {
    try {
      write();
      unwritten_.erase(name);
    } catch (const std::bad_alloc&) {
      tell_unwritten(name, folder_->file(name) + ": cannot be written: there is no memory to put it together in");
    } catch (const std::runtime_error& error) {
      tell_unwritten(name, error.what());
    }
  }

  void tell_unwritten(const std::string& name, const std::string& reason) {
    unwritten_.insert(name);
    const std::string rest = name == "last.safetensors" ? fmt::format("; it still holds {}", saved_) : "";
    output_->warning(reason + rest);
  }

  /// Throws where the run ends with a file that is not as it should be.
  void require_all_written() const {
    if (unwritten_.empty()) return;
    throw std::runtime_error(fmt::format("the run in {} ends, but its {} could not be written; last.safetensors holds {}", folder_->path(),
                                         fmt::join(unwritten_, ", "), saved_));
  }

  void tell_skipped() {
    const std::string text = skipped_text({job_.train.get(), job_.validation.get(), job_.test.get()});
    if (!text.empty()) output_->info(text);
  }

  TrainingState state() { return {*optimizer_, *schedule_, ema_.get(), trainer_.progress()}; }

  void save_last() {
    // First what the checkpoint says is there.
    attempt("metrics.csv", [this] { metrics_->flush(); });
    trainer_.progress().log_bytes = output_->save_log();
    write_checkpoint();
  }

  void write_checkpoint() {
    write_last(folder_->file("last.safetensors"), *job_.model, job_.experiment.yaml, job_.train->class_names(), state());
    saved_ = fmt::format("epoch {}, step {}", trainer_.progress().epoch, trainer_.progress().step);
  }

  void resume(const std::string& path) {
    restore(job_.resumed->checkpoint, job_.resumed->path, *job_.model, state());
    job_.resumed->checkpoint.file = {};  // as large as all weights and the optimizer's state
    const Progress& progress = trainer_.progress();
    check_same_images(path, progress.images, job_.train->size());
    if (progress.step > trainer_.steps_per_epoch())
      no_resume(job_.resumed->path, fmt::format("'progress' in its metadata is damaged: an epoch has {} steps, and step {} of one is done",
                                                trainer_.steps_per_epoch(), progress.step));
    saved_ = fmt::format("epoch {}, step {}", progress.epoch, progress.step);
  }

  TrainJob& job_;
  const TrainSpec& spec_;
  Clock::time_point start_;
  RunLength length_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<Schedule> schedule_;
  std::unique_ptr<Ema> ema_;
  Trainer trainer_;
  std::optional<RunFolder> folder_;
  std::optional<MetricsFile> metrics_;
  std::optional<TrainOutput> output_;
  std::optional<Evaluation> tested_;           // the last weights on the test images
  std::optional<std::string> output_failure_;  // why standard output cannot be written
  std::set<std::string> unwritten_;            // files whose last writing failed
  std::string saved_;                          // where the run stood at the last checkpoint
  bool first_step_ = true;
};

void add_start_options(CLI::App& command, TrainCommandOptions& options) {
  auto* config = command.add_option("CONFIG", options.config, "The config file, or a shipped config's name")->type_name("");
  auto* resume = command.add_option("--resume", options.resume, "Continue the run in this folder exactly where it stopped")
                     ->type_name("RUN")
                     ->check(path_name())
                     ->excludes(config)
                     ->group("Start");
  command.add_option("--init", options.init, "Start from the weights in this .safetensors file, or PyTorch's .pth with a state_dict")
      ->type_name("WEIGHTS")
      ->check(path_name())
      ->excludes(resume)
      ->group("Start");
  command.add_option("--init-except", options.init_except, "Leave these out of --init, as 'fc.*' (repeatable)")
      ->type_name("GLOB")
      ->allow_extra_args(false)
      ->group("Start");
  command.add_option("--out", options.out, "Write the run into this folder (default: runs/NAME)")
      ->type_name("DIR")
      ->check(path_name())
      ->excludes(resume)
      ->group("Output");
}

}  // namespace

Command setup_train(CLI::App& app) {
  auto options = std::make_shared<TrainCommandOptions>();
  CLI::App* command = app.add_subcommand("train", "Train a network as a config says");
  add_start_options(*command, *options);
  add_set_option(*command, options->sets);
  add_threads_option(*command, options->threads);
  command
      ->add_flag("--lr-find", options->lr_find,
                 "Train for a hundred steps at rising learning rates instead, write the losses, and\nsuggest a learning rate")
      ->excludes("--resume")
      ->group("Start");
  command->add_flag("--quiet", options->quiet, "Print losses and accuracy alone: no information, no progress bar")->group("Output");
  command->add_flag("--json", options->json, "Print one JSON object a line for each event instead of text")->group("Output");
  command->footer(
      "A run's folder holds config.yaml, train.log, metrics.csv, best.safetensors and last.safetensors, and in choices.json how\n"
      "convolutions are computed, where there was a choice. Ctrl-C finishes the step, saves, and exits with status 130.\n\n"
      "Examples:\n"
      "  cnnctl train configs/mnist_convnet.yaml\n"
      "  cnnctl train configs/mnist_convnet.yaml --set train.epochs=1 --set 'train.optimizer={sgd: {lr: 0.1}}'\n"
      "  cnnctl train configs/mnist_convnet.yaml --init runs/first/best.safetensors\n"
      "  cnnctl train configs/resnet18.yaml --init resnet18.pth --init-except 'fc.*' --set vars.classes=10 \\\n"
      "    --set data.dataset.image_folder.root=photos --set train.batch_size=32\n"
      "  cnnctl train configs/mnist_convnet.yaml --lr-find\n"
      "  cnnctl train --resume runs/mnist_convnet --set train.epochs=10");
  return {command, [options] { return run_train(*options); }, true};
}

int run_train(const TrainCommandOptions& options) {
  if (!options.lr_find) return train(options).status;
  set_threads(options.threads);
  TrainJob job = load_train_job(options);
  return run_lr_find(options, job.experiment, *job.model, *job.train);
}

TrainResult train(const TrainCommandOptions& options) {
  const auto start = Clock::now();
  const int threads = set_threads(options.threads);
  TrainJob job = load_train_job(options);
  return Run(job, options, threads, start).execute();
}

}  // namespace cnnctl
