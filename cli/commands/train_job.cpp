#include "cli/commands/train_job.h"

#include <chrono>
#include <filesystem>
#include <future>
#include <utility>

#include <fmt/format.h>

#include "cli/commands/download.h"
#include "cli/commands/recipe.h"
#include "cli/commands/resume.h"
#include "cli/commands/sources.h"
#include "cli/commands/tables.h"
#include "cli/terminal/terminal.h"
#include "engine/formats/input_file.h"
#include "engine/training/choice_cache.h"
#include "engine/training/weights.h"

namespace cnnctl {
namespace {

void check_run(const std::string& path) {
  if (may_be_folder(path)) return;
  if (!may_exist(path)) throw InputError(fmt::format("--resume {}: there is no such folder; name a run's, as runs/mnist_convnet", path));
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  throw InputError(fmt::format("--resume {}: is a file; name the run's folder, {}", path, folder.empty() ? "." : folder.string()));
}

void check_options(const TrainCommandOptions& options) {
  if (options.config.empty() && options.resume.empty())
    throw InputError("train needs a CONFIG, or --resume with the folder of a run; 'cnnctl train --help' shows examples");
  if (!options.init_except.empty() && options.init.empty()) throw InputError("--init-except needs --init WEIGHTS");
  if (!options.resume.empty()) check_run(options.resume);
}

/// The dataset's splits, being read on other threads.
class Loading {
 public:
  explicit Loading(const Experiment& experiment)
      : test_(std::async(std::launch::async, [&] { return load_split(experiment, Split::test); })),
        train_(std::async(std::launch::async, [&] { return load_split(experiment, Split::train); })) {}

  /// Wait until they are read, and throw what is wrong with them.
  const LoadedSplit& test() const { return test_.get(); }
  const LoadedSplit& train() const { return train_.get(); }

  /// Throws what is found to be wrong within an instant, as a folder that is missing: before the network takes its memory.
  void check() const {
    using namespace std::chrono_literals;
    for (const auto* split : {&test_, &train_})
      if (split->wait_for(5ms) == std::future_status::ready) split->get();
  }

 private:
  std::shared_future<LoadedSplit> test_, train_;
};

/// `loading` has to be done before anything is timed.
std::unique_ptr<Model> make_model(const TrainJob& job, std::shared_ptr<const Loading> loading) {
  const TrainSpec& train = job.experiment.train;
  ModelOptions options{
      .mode = Mode::training, .batch_size = train.batch_size, .seed = static_cast<std::uint64_t>(train.seed), .recompute = train.recompute};
  set_choices(options, train, job.resumed ? job.resumed->checkpoint.choices : Choices{});
  options.before_tuning = [loading = std::move(loading)] {
    loading->test();
    loading->train();
  };
  return std::make_unique<Model>(job.experiment.graph, options);
}

void fill_model(TrainJob& job, const TrainCommandOptions& options) {
  if (job.resumed) return;  // its weights come with the optimizer's state
  initialize(*job.model, static_cast<std::uint64_t>(job.experiment.train.seed));
  if (!job.init) return;
  const LoadedWeights loaded = load_weights(*job.model, *job.init, options.init, options.init_except);
  print_warnings(warnings(loaded, options.init));
  job.init_summary = summary(loaded, options.init);
  job.init.reset();
}

/// Says where the run's config was edited, of which a resume takes nothing.
void warn_of_edits(const RunFolder& folder, const std::string& config) {
  const std::string path = folder.file("config.yaml");
  if (!may_exist(path)) return;
  InputFile file(path);
  if (file.size() == config.size() && file.read_rest() == config) return;
  print_warnings({fmt::format("{}: differs from the run's config and is written anew; a resume takes changes by --set KEY=VALUE", path)});
}

/// Takes the folder before its checkpoint is read: no other process can change it from then on.
void load_resumed(TrainJob& job, const TrainCommandOptions& options) {
  checkpoint_file(options.resume);  // where there is none, nothing is locked
  job.folder.emplace(RunFolder::open(options.resume));
  job.resumed = load_checkpoint(options.resume, options.sets);
  job.experiment = std::move(job.resumed->experiment);
  const Checkpoint& checkpoint = job.resumed->checkpoint;
  warn_of_edits(*job.folder, checkpoint.config);
  if (!options.sets.empty()) {
    Diagnostics warnings;  // were printed
    const Experiment before = parse_experiment(job.resumed->path, checkpoint.config, {}, experiment_tables(), warnings);
    check_resumable(options.resume, before, job.experiment);
  }
  require_fitting(job.experiment.graph, checkpoint.file, job.resumed->path, {}, resume_advice);
}

}  // namespace

TrainJob load_train_job(const TrainCommandOptions& options) {
  check_options(options);
  TrainJob job;
  if (options.resume.empty()) {
    job.experiment = load_config(options.config, options.sets);
  } else {
    load_resumed(job, options);
  }
  const Experiment& experiment = job.experiment;
  class_count(experiment.graph, "train");
  check_precision(experiment.train);
  require_dataset(experiment);
  download_data(experiment, options.quiet);
  const auto loading = std::make_shared<const Loading>(experiment);
  if (!options.init.empty()) job.init = read_init(options.init);
  loading->check();
  job.model = make_model(job, loading);
  fill_model(job, options);
  const LoadedSplit &train = loading->train(), &test = loading->test();
  job.train = make_source(experiment, train, train.images, Purpose::training);
  if (!job.train) throw InputError(fmt::format("dataset {} has no training images", experiment.data.dataset.type));
  job.validation = make_source(experiment, train, train.validation, Purpose::measuring);
  job.test = make_source(experiment, test, test.images, Purpose::measuring);
  return job;
}

}  // namespace cnnctl
