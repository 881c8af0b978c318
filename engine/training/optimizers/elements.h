#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/training/optimizers/optimizer.h"
#include "engine/training/optimizers/parallel.h"

namespace cnnctl {

/// What all optimizers do alike, who treat each element by itself: calls work(begin, end, factors) for the parts of the groups that each
/// thread has to update, with what factors_of(rates) gave for the part's group. Throws std::invalid_argument where a buffer or a group
/// does not have the `count` elements that the optimizer was made for.
template <class FactorsOf, class Work>
void update_elements(const std::string& optimizer, std::size_t count, std::span<const float> values, std::span<const float> gradients,
                     std::span<const ParameterGroup> groups, const FactorsOf& factors_of, const Work& work) {
  const bool inside = std::all_of(groups.begin(), groups.end(), [count](const ParameterGroup& group) { return group.end <= count; });
  if (values.size() != count || gradients.size() != count || !inside)
    throw std::invalid_argument(optimizer + ": made for another number of elements");
  std::vector<decltype(factors_of(Rates{}))> factors;
  for (const ParameterGroup& group : groups) factors.push_back(factors_of(group.rates));
  for_each_chunk(count, [&](std::size_t chunk_begin, std::size_t chunk_end) {
    for (std::size_t i = 0; i < groups.size(); ++i) {
      const std::size_t begin = std::max(chunk_begin, groups[i].begin);
      const std::size_t end = std::min(chunk_end, groups[i].end);
      if (begin < end) work(begin, end, factors[i]);
    }
  });
}

}  // namespace cnnctl
