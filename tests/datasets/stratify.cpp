#include "datasets/stratify.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace cnnctl {
namespace {

/// 60 images of class 0, 30 of class 1, 10 of class 2, mixed.
std::vector<std::int32_t> uneven_labels() {
  std::vector<std::int32_t> labels;
  for (int i = 0; i < 100; ++i) labels.push_back(i % 10 < 6 ? 0 : (i % 10 < 9 ? 1 : 2));
  return labels;
}

std::vector<std::int32_t> all(const std::vector<std::int32_t>& labels) {
  std::vector<std::int32_t> indices(labels.size());
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

std::vector<std::int64_t> counts(const std::vector<std::int32_t>& labels, const std::vector<std::int32_t>& indices) {
  std::vector<std::int64_t> result(3);
  for (const std::int32_t index : indices) ++result[static_cast<std::size_t>(labels[static_cast<std::size_t>(index)])];
  return result;
}

}  // namespace

TEST_CASE("a stratified choice has each class in its share, and the rest is what was not chosen") {
  const auto labels = uneven_labels();
  const Parts parts = choose_stratified(labels, all(labels), 20, 1);
  CHECK(counts(labels, parts.chosen) == std::vector<std::int64_t>{12, 6, 2});
  CHECK(counts(labels, parts.rest) == std::vector<std::int64_t>{48, 24, 8});
  std::vector<std::int32_t> both = parts.chosen;
  both.insert(both.end(), parts.rest.begin(), parts.rest.end());
  std::sort(both.begin(), both.end());
  CHECK(both == all(labels));
  CHECK(std::is_sorted(parts.chosen.begin(), parts.chosen.end()));
  CHECK(std::is_sorted(parts.rest.begin(), parts.rest.end()));
}

TEST_CASE("shares that are no whole images go to the classes that lose most by rounding down") {
  const auto labels = uneven_labels();
  CHECK(counts(labels, choose_stratified(labels, all(labels), 3, 1).chosen) == std::vector<std::int64_t>{2, 1, 0});
  CHECK(counts(labels, choose_stratified(labels, all(labels), 7, 1).chosen) == std::vector<std::int64_t>{4, 2, 1});
}

TEST_CASE("of classes with the same share the seed says which are rounded up, and each is in its turn") {
  const std::vector<std::int32_t> labels = {0, 1, 2, 0, 1, 2};
  std::set<std::vector<std::int64_t>> seen;
  for (std::uint64_t seed = 0; seed < 30; ++seed) seen.insert(counts(labels, choose_stratified(labels, all(labels), 1, seed).chosen));
  CHECK(seen == std::set<std::vector<std::int64_t>>{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}});
}

TEST_CASE("which images are chosen follows from the seed") {
  const auto labels = uneven_labels();
  CHECK(choose_stratified(labels, all(labels), 20, 1).chosen == choose_stratified(labels, all(labels), 20, 1).chosen);
  CHECK(choose_stratified(labels, all(labels), 20, 1).chosen != choose_stratified(labels, all(labels), 20, 2).chosen);
}

TEST_CASE("asking for as many images as there are chooses all of those that are offered") {
  const auto labels = uneven_labels();
  const Parts parts = choose_stratified(labels, {3, 5, 8}, 5, 1);
  CHECK(parts.chosen == std::vector<std::int32_t>{3, 5, 8});
  CHECK(parts.rest.empty());
}

}  // namespace cnnctl
