#include "tests/support/input_error.h"
#include "tests/training/support.h"

namespace cnnctl {
namespace {

TEST_CASE("the constant schedule never changes the learning rate") {
  const Schedule schedule = schedule_of("constant");
  CHECK(schedule(0) == 1);
  CHECK(schedule(1000) == 1);
}

TEST_CASE("the step schedule shrinks the learning rate after every step_size epochs") {
  const Schedule schedule = schedule_of("step: {step_size: 3, gamma: 0.5}");
  CHECK(schedule(0) == 1);
  CHECK(schedule(2) == 1);
  CHECK(schedule(3) == 0.5);
  CHECK(schedule(5) == 0.5);
  CHECK(schedule(6) == 0.25);
  CHECK(schedule_of("step: {step_size: 1}")(2) == doctest::Approx(0.01));
}

TEST_CASE("wrong arguments of schedules are reported") {
  CHECK(contains(mistakes("step", schedule_choices()), "step_size"));
  CHECK(contains(mistakes("step: {step_size: 0}", schedule_choices()), "step_size"));
  CHECK(contains(mistakes("step: {step_size: 2, gamma: 0}", schedule_choices()), "gamma"));
  CHECK(contains(mistakes("constant: {gamma: 2}", schedule_choices()), "gamma"));
}

}  // namespace
}  // namespace cnnctl
