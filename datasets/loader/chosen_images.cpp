#include "datasets/loader/chosen_images.h"

#include <numeric>

namespace cnnctl {

std::vector<std::int32_t> chosen_images(const Dataset& dataset, const LoaderOptions& options) {
  if (!options.images.empty()) return options.images;
  std::vector<std::int32_t> indices(dataset.labels.size());
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

Random transform_random(std::uint64_t seed, std::int64_t epoch, std::int32_t index) {
  constexpr std::uint64_t stream = 0x7472616E73666F72U;  // keeps an epoch's transforms apart from its order
  Random of_epoch(seed ^ stream, static_cast<std::uint64_t>(epoch));
  return {of_epoch.next(), static_cast<std::uint64_t>(index)};
}

}  // namespace cnnctl
