#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "datasets/download/download.h"
#include "datasets/image_files.h"
#include "engine/graph/shape.h"
#include "engine/schema/schema.h"

namespace cnnctl {

/// One split of a dataset: images and their labels. In memory they are N x C x H x W as bytes (to be scaled by 1/255) or floats (taken as
/// they are), else files.
struct Dataset {
  using Pixels = std::variant<std::vector<std::uint8_t>, std::vector<float>, ImageFiles>;

  Shape image;  // of files: height and width are 0, since each may have its own
  Pixels pixels;
  std::vector<std::int32_t> labels;  // never negative
  /// Names, by label; every label has one. Empty where the dataset does not say how many classes there are (numpy without `classes`):
  /// whoever knows the network's outputs then holds largest_label() against them.
  std::vector<std::string> classes;
  std::string warning = {};     // what its reader left out that the user may have meant to be in it
  std::string label_file = {};  // where the labels were read from, if that is one file and `classes` may be empty

  std::int64_t size() const { return static_cast<std::int64_t>(labels.size()); }
};

/// The largest label, or -1 where there are no images.
std::int32_t largest_label(const Dataset& dataset);

enum class Split { train, test };

/// "train" or "test".
std::string to_string(Split split);

/// One line of the table of datasets.
struct DatasetType {
  Choice choice;
  /// Reads a split. Throws InputError with the file's name and what is wrong with it. `seed` is for those that are drawn.
  std::function<Dataset(const Selection& selection, Split split, std::uint64_t seed)> load;
  /// Whether the selection has that split; those without this function have both.
  std::function<bool(const Selection& selection, Split split)> has_split;
  /// What has to be fetched before it can be read; those without this function are never fetched. Throws InputError where the arguments
  /// allow no fetching.
  std::function<std::vector<Download>(const Selection& selection)> missing_files = nullptr;
};

/// Every dataset. The list stands in table.cpp.
const std::vector<DatasetType>& dataset_types();

/// Their declarations and checks, for experiment/.
std::vector<Choice> dataset_choices();

/// Fetches what the selected dataset lacks, where it is to be fetched (`download: true`). Throws as fetch() does.
void download_dataset(const Selection& selection, const DownloadListener& listener);

/// Reads a split of the selected dataset. Throws InputError also where it does not have that split.
Dataset load_dataset(const Selection& selection, Split split, std::uint64_t seed);

/// Whether the selected dataset has that split: numpy and image_folder may come without a test split, the others have both.
bool has_split(const Selection& selection, Split split);

}  // namespace cnnctl
