#include "cli/commands/sources.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "cli/commands/inputs.h"
#include "datasets/stratify.h"

namespace cnnctl {
namespace {

/// Holds a dataset's classes against the network's outputs. One that does not say how many it has takes as many as there are outputs, where
/// its labels allow that.
void match_classes(Dataset& dataset, const Experiment& experiment, const std::string& name) {
  if (!dataset.classes.empty()) return check_classes(experiment, static_cast<std::int64_t>(dataset.classes.size()), name);
  const int outputs = class_count(experiment.graph, name);
  if (const std::int32_t label = largest_label(dataset); label >= outputs)
    throw InputError(fmt::format("{}: label {} is too large: the network has {} outputs, for labels 0 to {}", dataset.label_file, label,
                                 outputs, outputs - 1));
  for (int i = 0; i < outputs; ++i) dataset.classes.push_back(std::to_string(i));
}

std::vector<std::int32_t> limited_images(const Dataset& dataset, const DataSpec& data, std::uint64_t seed) {
  std::vector<std::int32_t> all(dataset.labels.size());
  std::iota(all.begin(), all.end(), 0);
  if (!data.limit) return all;
  return choose_stratified(dataset.labels, all, *data.limit, seed).chosen;
}

/// Moves the share that data.validation says from `images` to `validation`.
void keep_back(LoadedSplit& split, double share, std::uint64_t seed) {
  const auto count = static_cast<std::int64_t>(std::llround(share * static_cast<double>(split.images.size())));
  if (count < 1 || count >= static_cast<std::int64_t>(split.images.size()))
    throw InputError(fmt::format("data.validation: {} of {} training images leaves none to {}", share, split.images.size(),
                                 count < 1 ? "validate on" : "train on"));
  Parts parts = choose_stratified(split.dataset->labels, split.images, count, seed);
  split.images = std::move(parts.rest);
  split.validation = std::move(parts.chosen);
}

std::uint64_t seed_of(const Experiment& experiment) { return static_cast<std::uint64_t>(experiment.train.seed); }

/// What messages call the images of a purpose: their dataset, and the transforms behind it where there are any.
std::string name_of_images(const Experiment& experiment, Purpose purpose) {
  const DataSpec& data = experiment.data;
  if (data.train_transforms.empty() && data.test_transforms.empty()) return data.dataset.type;
  const bool trains = purpose == Purpose::training;
  const bool is_empty = (trains ? data.train_transforms : data.test_transforms).empty();
  return fmt::format("{}, {} data.transforms.{},", data.dataset.type, is_empty ? "without" : "after", trains ? "train" : "test");
}

/// A split as the dataset has it; nothing where it has none.
std::optional<Dataset> read_dataset(const Experiment& experiment, Split split) {
  require_dataset(experiment);
  const Selection& selection = experiment.data.dataset;
  if (!has_split(selection, split)) return std::nullopt;
  Dataset dataset = load_dataset(selection, split, seed_of(experiment));
  if (!dataset.warning.empty()) print_warnings({dataset.warning});
  return dataset;
}

/// What data.limit and data.validation make of a split.
LoadedSplit choose_images(Dataset dataset, const Experiment& experiment, Split split) {
  const DataSpec& data = experiment.data;
  LoadedSplit result;
  result.images = limited_images(dataset, data, seed_of(experiment));
  result.dataset = std::make_shared<const Dataset>(std::move(dataset));
  if (split == Split::train && data.validation > 0) keep_back(result, data.validation, seed_of(experiment));
  return result;
}

}  // namespace

void require_dataset(const Experiment& experiment) {
  if (experiment.data.dataset.type.empty()) throw InputError("the config has no dataset; give it a section like 'data: {dataset: mnist}'");
}

LoadedSplit load_split(const Experiment& experiment, Split split) {
  std::optional<Dataset> dataset = read_dataset(experiment, split);
  if (!dataset) return {};
  match_classes(*dataset, experiment, experiment.data.dataset.type);
  return choose_images(std::move(*dataset), experiment, split);
}

LoadedSplit load_split_alone(const Experiment& experiment, Split split) {
  std::optional<Dataset> dataset = read_dataset(experiment, split);
  if (!dataset) return {};
  return choose_images(std::move(*dataset), experiment, split);
}

LoaderOptions loader_options(const Experiment& experiment, Purpose purpose) {
  const DataSpec& data = experiment.data;
  LoaderOptions options;
  options.seed = seed_of(experiment);
  options.shuffle = purpose == Purpose::training && data.shuffle;
  options.transforms = purpose == Purpose::training ? data.train_transforms : data.test_transforms;
  options.size = {experiment.graph.input_shape().height, experiment.graph.input_shape().width};
  options.workers = data.workers;
  options.batch_size = experiment.train.batch_size;
  options.endless = purpose == Purpose::training;
  using OnError = LoaderOptions::OnError;
  if (data.on_error == "skip") options.on_error = purpose == Purpose::training ? OnError::replace : OnError::leave_out;
  if (data.normalize) options.normalize = ChannelStatistics{data.normalize->mean, data.normalize->standard_deviation};
  return options;
}

std::unique_ptr<BatchSource> make_source(const Experiment& experiment, const LoadedSplit& split, const std::vector<std::int32_t>& images,
                                         Purpose purpose) {
  if (!split.dataset || images.empty()) return nullptr;
  LoaderOptions options = loader_options(experiment, purpose);
  options.images = images;
  auto source = make_loader(split.dataset, options);
  check_image_shape(experiment, source->image_shape(), name_of_images(experiment, purpose));
  return source;
}

std::string skipped_text(const std::vector<std::string>& unreadable) {
  if (unreadable.empty()) return "";
  return fmt::format("skipped {} image file{} that cannot be read:\n  {}", unreadable.size(), unreadable.size() == 1 ? "" : "s",
                     fmt::join(unreadable, "\n  "));
}

std::string skipped_text(std::initializer_list<const BatchSource*> sources) {
  std::vector<std::string> files;
  for (const BatchSource* source : sources) {
    if (source == nullptr) continue;
    const std::vector<std::string> unreadable = source->unreadable();
    files.insert(files.end(), unreadable.begin(), unreadable.end());
  }
  return skipped_text(files);
}

std::unique_ptr<BatchSource> load_part(const Experiment& experiment, const std::string& part) {
  if (part == "validation" && experiment.data.validation == 0)
    throw InputError("--split validation: the config keeps no images back for it; data.validation says how many");
  const LoadedSplit split = load_split(experiment, part == "test" ? Split::test : Split::train);
  auto source = make_source(experiment, split, part == "validation" ? split.validation : split.images, Purpose::measuring);
  if (!source)
    throw InputError(fmt::format("dataset {} has no {} images{}", experiment.data.dataset.type, part,
                                 part == "test" ? "; --split train or --split validation measures others" : ""));
  return source;
}

}  // namespace cnnctl
