#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/schema/interval.h"
#include "engine/schema/schema.h"

namespace cnnctl {

/// The things a config can choose among, handed in by the caller: this folder knows neither data nor training.
struct Tables {
  std::vector<Choice> datasets;
  std::vector<Choice> losses;
  std::vector<Choice> optimizers;
  std::vector<Choice> schedules;
  std::vector<Choice> transforms;
};

/// Per-channel mean and standard deviation that images are normalized with. Source: torchvision.transforms.Normalize.
struct Normalize {
  std::vector<double> mean;
  std::vector<double> standard_deviation;
};

struct DataSpec {
  Selection dataset;  // type is "" where the config names none
  bool shuffle = true;
  std::optional<Normalize> normalize;
  std::vector<Selection> train_transforms;
  std::vector<Selection> test_transforms;
  double validation = 0;              // share of the training images
  std::optional<std::int64_t> limit;  // images of each split
  std::int64_t workers = 1;           // threads that read image files
  std::string on_error = "stop";      // or "skip"
};

/// A glob over the names of parameters.
struct Pattern {
  std::string glob;
  Place place;
};

/// When a run ends before its last epoch: after `patience` epochs in a row whose result is not better than the best before by more than
/// `min_delta`.
struct EarlyStoppingSpec {
  std::int64_t patience = 0;
  double min_delta = 0;
  std::string monitor = "accuracy";
  Place place;
};

/// What the parameters that match a pattern have in place of the optimizer's.
struct GroupSpec {
  Pattern pattern;
  std::optional<double> lr;
  std::optional<double> weight_decay;
};

struct TrainSpec {
  std::int64_t epochs = 1;
  std::int64_t batch_size = 32;
  std::int64_t seed = 1;
  std::int64_t log_every = 100;  // steps
  bool drop_last = false;
  std::string precision = "f32";
  std::string device = "auto";
  bool deterministic = false;
  bool tune = true;
  bool recompute = false;
  Interval checkpoint_every;
  std::int64_t accumulate = 1;  // batches
  std::optional<double> clip_grad_value;
  std::optional<double> clip_grad_norm;
  std::optional<double> ema;  // decay
  std::optional<EarlyStoppingSpec> early_stopping;
  std::optional<double> mixup;   // alpha
  std::optional<double> cutmix;  // alpha
  std::vector<Pattern> freeze;
  std::vector<std::string> no_decay;  // "norms", "biases"
  std::vector<GroupSpec> groups;      // of those whose pattern matches, the first counts
  Selection loss;
  Selection optimizer;
  Selection schedule;
};

/// A whole config, checked as one.
struct Experiment {
  std::string name;
  Graph graph;
  DataSpec data;
  TrainSpec train;
  Value config;      // the file with every --set applied, what it includes merged into it, and its name
  std::string yaml;  // the same as text: the file itself, to the letter, where nothing was set or included and it has a name
};

/// Reads and checks a config file, or, where there is no such file, the config shipped with the binary that bears that name (shipped.h).
/// Warnings go to `diagnostics`; throws ConfigError with all mistakes, InputError where there is neither (listing the shipped names). A
/// file without data or train is a network alone: fine for shape-check, predict and bench.
Experiment load_experiment(const std::string& path, const std::vector<std::string>& sets, const Tables& tables, Diagnostics& diagnostics);

/// The same from text, as a checkpoint carries it; `name` is what messages call it.
Experiment parse_experiment(const std::string& name, const std::string& text, const std::vector<std::string>& sets, const Tables& tables,
                            Diagnostics& diagnostics);

/// Throws ConfigError, pointing at the dataset, where the network's output is no vector of one number a class of the data. `dataset` is
/// what messages call the data.
void check_classes(const Experiment& experiment, std::int64_t classes, const std::string& dataset);

/// Throws ConfigError, pointing at `input`, where the data's images do not have the shape of the network's input.
void check_image_shape(const Experiment& experiment, const Shape& image, const std::string& dataset);

/// The declarations of the keys of data and train, for the reference.
const Declaration& data_declaration();
const Declaration& train_declaration();
/// Those of the maps that are values of train's keys.
const Declaration& early_stopping_declaration();
const Declaration& groups_declaration();
const Declaration& mixup_declaration();
const Declaration& cutmix_declaration();

}  // namespace cnnctl
