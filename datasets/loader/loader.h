#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "datasets/dataset.h"
#include "engine/training/batch_source.h"

namespace cnnctl {

struct LoaderOptions {
  bool shuffle = false;
  std::uint64_t seed = 1;
  std::vector<double> mean = {};                // per channel; empty: no normalization
  std::vector<double> standard_deviation = {};  // as many
};

/// Batches out of a dataset in memory: gathered in the epoch's order, bytes scaled by 1/255, then normalized; floats as they are. classes()
/// is 0 where the dataset does not say how many there are.
/// Throws InputError where the number of means or deviations is not that of the channels.
std::unique_ptr<BatchSource> make_loader(Dataset dataset, LoaderOptions options);

/// A permutation of 0 .. count - 1 that follows from seed and epoch alone, the same on every machine (Fisher and Yates's shuffle).
std::vector<std::int32_t> epoch_order(std::int64_t count, std::uint64_t seed, std::int64_t epoch);

}  // namespace cnnctl
