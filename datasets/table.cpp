#include <fmt/format.h>

#include <algorithm>

#include "datasets/dataset.h"
#include "datasets/readers/cifar.h"
#include "datasets/readers/digits.h"
#include "datasets/readers/emnist.h"
#include "datasets/readers/image_folder.h"
#include "datasets/readers/mnist.h"
#include "datasets/readers/numpy.h"
#include "engine/diagnostics/diagnostic.h"

namespace cnnctl {

const std::vector<DatasetType>& dataset_types() {
  static const std::vector<DatasetType> types = {mnist_dataset(),        fashion_mnist_dataset(), kmnist_dataset(),
                                                 emnist_dataset(),       cifar10_dataset(),       cifar100_dataset(),
                                                 image_folder_dataset(), numpy_dataset(),         digits_dataset()};
  return types;
}

std::vector<Choice> dataset_choices() { return choices_of(dataset_types()); }

std::string to_string(Split split) { return split == Split::train ? "train" : "test"; }

std::int32_t largest_label(const Dataset& dataset) {
  return dataset.labels.empty() ? -1 : *std::max_element(dataset.labels.begin(), dataset.labels.end());
}

bool has_split(const Selection& selection, Split split) {
  const DatasetType& type = type_of(selection, dataset_types());
  return !type.has_split || type.has_split(selection, split);
}

void download_dataset(const Selection& selection, const DownloadListener& listener) {
  const DatasetType& type = type_of(selection, dataset_types());
  if (!type.missing_files) return;
  for (const Download& download : type.missing_files(selection)) fetch(download, listener);
}

Dataset load_dataset(const Selection& selection, Split split, std::uint64_t seed) {
  if (!has_split(selection, split)) throw InputError(fmt::format("data.dataset.{}: has no {} split", selection.type, to_string(split)));
  return type_of(selection, dataset_types()).load(selection, split, seed);
}

}  // namespace cnnctl
