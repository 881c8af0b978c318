#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "datasets/statistics.h"

namespace cnnctl {

/// What some images of a dataset are like: "train", "validation" or "test".
struct DataPart {
  std::string name;
  ImageStatistics statistics;
};

/// What `cnnctl data` tells of a dataset.
struct DataReport {
  std::string dataset;
  std::vector<std::string> classes;  // each part has a count for each
  std::vector<DataPart> parts;       // "train" is the first
  bool scaled = true;                // bytes, which data.normalize normalizes
};

/// Counts per class, a line a part with its sizes, means and deviations, and how to normalize by those of the training images.
std::string to_text(const DataReport& report);

/// {"dataset", "classes", "splits": [{"split", "images", "class_counts", "height": {"min", "median", "max"}, "width", "mean", "std",
/// "unreadable"}]}.
nlohmann::json to_json(const DataReport& report);

}  // namespace cnnctl
