#pragma once

#include <cstdint>
#include <vector>

namespace cnnctl {

/// Images of a dataset in two parts, by index, each in ascending order.
struct Parts {
  std::vector<std::int32_t> chosen;
  std::vector<std::int32_t> rest;
};

/// Chooses `count` (at most all) of `indices`, which follow from `seed`: of each class its share, as nearly as whole images allow.
/// `labels` are those of the whole dataset, none negative.
Parts choose_stratified(const std::vector<std::int32_t>& labels, const std::vector<std::int32_t>& indices, std::int64_t count,
                        std::uint64_t seed);

}  // namespace cnnctl
