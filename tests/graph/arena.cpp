#include "engine/graph/arena.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <random>

#include "engine/graph/shape.h"

namespace cnnctl {
namespace {

bool alive_together(const Lifetime& a, const Lifetime& b) { return a.first <= b.last && b.first <= a.last; }

bool overlap(std::int64_t a, std::int64_t a_bytes, std::int64_t b, std::int64_t b_bytes) { return a < b + b_bytes && b < a + a_bytes; }

/// How many pairs of buffers alive together share bytes, and how many buffers stand outside the arena or off their alignment.
int count_faults(const std::vector<Lifetime>& lifetimes, const ArenaPlan& plan) {
  int faults = 0;
  for (std::size_t i = 0; i < lifetimes.size(); ++i) {
    if (plan.offsets[i] % 64 != 0 || plan.offsets[i] < 0 || plan.offsets[i] + lifetimes[i].bytes > plan.bytes) ++faults;
    for (std::size_t j = 0; j < i; ++j)
      if (alive_together(lifetimes[i], lifetimes[j]) && overlap(plan.offsets[i], lifetimes[i].bytes, plan.offsets[j], lifetimes[j].bytes))
        ++faults;
  }
  return faults;
}

/// The most bytes alive in one step: no plan can be smaller.
std::int64_t lower_bound(const std::vector<Lifetime>& lifetimes, int steps) {
  std::int64_t most = 0;
  for (int step = 0; step < steps; ++step) {
    std::int64_t alive = 0;
    for (const Lifetime& lifetime : lifetimes)
      if (lifetime.first <= step && step <= lifetime.last) alive += (lifetime.bytes + 63) / 64 * 64;
    most = std::max(most, alive);
  }
  return most;
}

TEST_CASE("no buffers need no arena") {
  const ArenaPlan plan = plan_arena({});
  CHECK(plan.offsets.empty());
  CHECK(plan.bytes == 0);
}

TEST_CASE("buffers that are never alive together share one place") {
  const ArenaPlan plan = plan_arena({{640, 0, 1}, {1280, 2, 3}, {64, 4, 4}});
  CHECK(plan.offsets == std::vector<std::int64_t>{0, 0, 0});
  CHECK(plan.bytes == 1280);
}

TEST_CASE("the step in which one buffer ends and another begins has both") {
  const ArenaPlan plan = plan_arena({{64, 0, 1}, {64, 1, 2}});
  CHECK(plan.offsets == std::vector<std::int64_t>{0, 64});
  CHECK(plan.bytes == 128);
}

TEST_CASE("sizes are rounded up to 64 bytes") {
  const ArenaPlan plan = plan_arena({{65, 0, 0}, {1, 0, 0}});
  CHECK(plan.offsets == std::vector<std::int64_t>{0, 128});
  CHECK(plan.bytes == 192);
}

TEST_CASE("a small buffer goes into the gap that an ended one leaves") {
  const ArenaPlan plan = plan_arena({{640, 0, 1}, {320, 0, 9}, {128, 2, 9}});
  CHECK(plan.offsets == std::vector<std::int64_t>{0, 640, 0});
  CHECK(plan.bytes == 960);
}

TEST_CASE("a chain of equal buffers needs two places") {
  std::vector<Lifetime> lifetimes;
  for (int step = 0; step < 100; ++step) lifetimes.push_back({4096, step, step + 1});
  CHECK(plan_arena(lifetimes).bytes == 2 * 4096);
}

TEST_CASE("the buffers of a training run, alive from their forward to their backward step, are packed without a gap") {
  std::vector<Lifetime> lifetimes;
  for (int step = 0; step < 50; ++step) lifetimes.push_back({64 * (step + 1), step, 100 - step});
  CHECK(plan_arena(lifetimes).bytes == lower_bound(lifetimes, 101));
}

TEST_CASE("an empty buffer takes no room") { CHECK(plan_arena({{0, 0, 5}, {64, 0, 5}}).bytes == 64); }

TEST_CASE("random plans never overlap, stay in the arena and come near the lower bound") {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::uniform_int_distribution<int> step(0, 40);
    std::uniform_int_distribution<std::int64_t> bytes(0, round % 2 == 0 ? 300 : 100000);
    std::vector<Lifetime> lifetimes;
    for (int i = 0; i < 5 + round % 60; ++i) {
      const auto [first, last] = std::minmax({step(random), step(random)});
      lifetimes.push_back({bytes(random), first, last});
    }
    const ArenaPlan plan = plan_arena(lifetimes);
    CHECK(count_faults(lifetimes, plan) == 0);
    CHECK(plan.bytes >= lower_bound(lifetimes, 41));
    CHECK(plan.bytes <= 1.5 * static_cast<double>(lower_bound(lifetimes, 41)));
  }
}

TEST_CASE("each buffer stands at the lowest offset that those placed before it leave free while it lives") {
  std::mt19937 random(2);
  for (int round = 0; round < 100; ++round) {
    std::uniform_int_distribution<int> step(0, 30), size(0, 4);
    std::vector<Lifetime> lifetimes;
    for (int i = 0; i < 40; ++i) {
      const auto [first, last] = std::minmax({step(random), step(random)});
      lifetimes.push_back({64 * size(random), first, last});
    }
    std::stable_sort(lifetimes.begin(), lifetimes.end(), [](const Lifetime& a, const Lifetime& b) { return a.bytes > b.bytes; });
    const ArenaPlan plan = plan_arena(lifetimes);
    for (std::size_t i = 0; i < lifetimes.size(); ++i) {
      const auto is_free = [&](std::int64_t offset) {
        for (std::size_t j = 0; j < i; ++j)
          if (alive_together(lifetimes[i], lifetimes[j]) && overlap(offset, lifetimes[i].bytes, plan.offsets[j], lifetimes[j].bytes))
            return false;
        return true;
      };
      std::int64_t lowest = 0;
      while (!is_free(lowest)) lowest += 64;
      CHECK(plan.offsets[i] == lowest);
    }
  }
}

TEST_CASE("the largest buffer is placed first, and of equal ones the earlier") {
  const ArenaPlan plan = plan_arena({{64, 0, 3}, {64, 1, 2}, {64, 2, 5}, {128, 3, 4}});
  CHECK(plan.offsets == std::vector<std::int64_t>{128, 0, 192, 0});
  CHECK(plan.bytes == 256);
}

TEST_CASE("buffers with a place keep it, and the others go where they leave room while they live") {
  const ArenaPlan plan = plan_arena({{256, 0, 1}, {128, 2, 5}, {64, 2, 5, 0}, {64, 4, 5, 64}, {64, 0, 3}});
  CHECK(plan.offsets == std::vector<std::int64_t>{0, 128, 0, 64, 256});
  CHECK(plan.bytes == 320);
  CHECK(plan_arena({{128, 3, 5}, {64, 4, 5, 64}, {64, 0, 3}}).offsets == std::vector<std::int64_t>{128, 64, 0});
  CHECK(plan_arena({{64, 0, 0, 640}}).bytes == 704);
  CHECK_THROWS_AS(plan_arena({{64, 0, 0, 4}}), std::invalid_argument);
}

TEST_CASE("buffers whose sum does not fit 63 bits are an error") {
  constexpr std::int64_t half = std::numeric_limits<std::int64_t>::max() / 2;
  CHECK_THROWS_AS(plan_arena({{half, 0, 0}, {half, 0, 0}, {half, 0, 0}}), ShapeError);
  CHECK_THROWS_AS(plan_arena({{std::numeric_limits<std::int64_t>::max(), 0, 0}}), ShapeError);
}

}  // namespace
}  // namespace cnnctl
