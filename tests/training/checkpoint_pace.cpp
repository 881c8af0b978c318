#include "engine/training/checkpoint_pace.h"

#include <doctest/doctest.h>

#include <chrono>

namespace cnnctl {
namespace {

TEST_CASE("centuries between checkpoints are not over at once") {
  const CheckpointPace pace({200'000'000, Interval::Unit::minutes});
  CHECK_FALSE(pace.is_due(1));
}

TEST_CASE("minutes between checkpoints are those of a clock") {
  Clock::time_point now;
  CheckpointPace pace({5, Interval::Unit::minutes}, [&] { return now; });
  now += std::chrono::seconds(299);
  CHECK_FALSE(pace.is_due(1000));
  now += std::chrono::seconds(1);
  CHECK(pace.is_due(1001));
  CHECK(pace.is_due_after(1, 1001));
  pace.restart(1001);
  CHECK_FALSE(pace.is_due(1002));
}

}  // namespace
}  // namespace cnnctl
