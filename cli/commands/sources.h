#pragma once

#include <memory>
#include <string>
#include <vector>

#include "datasets/dataset.h"
#include "datasets/loader/loader.h"
#include "engine/experiment/experiment.h"
#include "engine/training/batch_source.h"

namespace cnnctl {

/// A split of the experiment's dataset, read and held against the network: as many images as data.limit lets through, and of the training
/// split those that data.validation keeps back.
struct LoadedSplit {
  std::shared_ptr<const Dataset> dataset;
  std::vector<std::int32_t> images;
  std::vector<std::int32_t> validation;
};

/// Throws InputError where the config names no dataset.
void require_dataset(const Experiment& experiment);

/// Reads a split. `dataset` is null where the dataset has no such split. Throws InputError, ConfigError, also where data.limit or
/// data.validation leave nothing.
LoadedSplit load_split(const Experiment& experiment, Split split);

/// The same without holding it against the network: a dataset that does not say how many classes it has leaves them open.
LoadedSplit load_split_alone(const Experiment& experiment, Split split);

/// Images to train on are transformed as data.transforms.train says and shuffled as data.shuffle says; images to measure on are transformed
/// as data.transforms.test says and come in the dataset's order.
enum class Purpose { training, measuring };

/// Batches of some images of a split; null where there are none. Throws InputError, ConfigError where they do not fit the network.
std::unique_ptr<BatchSource> make_source(const Experiment& experiment, const LoadedSplit& split, const std::vector<std::int32_t>& images,
                                         Purpose purpose);

/// What the config does to images: its transforms and normalization.
LoaderOptions loader_options(const Experiment& experiment, Purpose purpose);

/// "skipped 2 image files that cannot be read:" and a line a file, each with its reason; "" where there are none.
std::string skipped_text(const std::vector<std::string>& unreadable);

/// The same of the files that `sources` skipped (null ones aside).
std::string skipped_text(std::initializer_list<const BatchSource*> sources);

/// The images of `part` ("train", "validation" or "test") to measure on. Throws InputError where there are none.
std::unique_ptr<BatchSource> load_part(const Experiment& experiment, const std::string& part);

}  // namespace cnnctl
