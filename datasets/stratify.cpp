#include "datasets/stratify.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "datasets/loader/order.h"

namespace cnnctl {
namespace {

constexpr std::uint64_t stream = 0x7374726174696679U;  // keeps the choice apart from the order of epochs

/// How many of each class to take: count in proportion, rounded down, and one more for those that lost most by it; the seed says which of
/// several that lost the same.
std::vector<std::int64_t> quotas(const std::vector<std::int64_t>& sizes, std::int64_t total, std::int64_t count, std::uint64_t seed) {
  std::vector<std::int64_t> result;
  for (const std::int64_t size : sizes) result.push_back(size * count / total);
  const auto lost = [&](std::int32_t label) { return sizes[static_cast<std::size_t>(label)] * count % total; };
  std::vector<std::int32_t> classes = epoch_order(static_cast<std::int64_t>(sizes.size()), seed ^ stream, 1);
  std::stable_sort(classes.begin(), classes.end(), [&](std::int32_t a, std::int32_t b) { return lost(a) > lost(b); });
  std::int64_t left = count - std::accumulate(result.begin(), result.end(), std::int64_t{0});
  for (auto next = classes.begin(); left > 0; ++next, --left) ++result[static_cast<std::size_t>(*next)];
  return result;
}

}  // namespace

Parts choose_stratified(const std::vector<std::int32_t>& labels, const std::vector<std::int32_t>& indices, std::int64_t count,
                        std::uint64_t seed) {
  const auto total = static_cast<std::int64_t>(indices.size());
  if (count >= total) return {indices, {}};
  const auto label_of = [&](std::int32_t index) { return static_cast<std::size_t>(labels[static_cast<std::size_t>(index)]); };
  std::vector<std::int64_t> sizes;
  for (const std::int32_t index : indices) {
    if (label_of(index) >= sizes.size()) sizes.resize(label_of(index) + 1);
    ++sizes[label_of(index)];
  }
  std::vector<std::int64_t> wanted = quotas(sizes, total, count, seed);
  Parts parts;
  for (const std::int32_t place : epoch_order(total, seed ^ stream, 0)) {
    const std::int32_t index = indices[static_cast<std::size_t>(place)];
    std::int64_t& open = wanted[label_of(index)];
    (open > 0 ? parts.chosen : parts.rest).push_back(index);
    if (open > 0) --open;
  }
  std::sort(parts.chosen.begin(), parts.chosen.end());
  std::sort(parts.rest.begin(), parts.rest.end());
  return parts;
}

}  // namespace cnnctl
