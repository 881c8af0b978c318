#include "cli/terminal/progress_bar.h"

#include <doctest/doctest.h>

namespace cnnctl {
namespace {

const ProgressState state = {.epoch = 2, .epochs = 5, .done = 40, .total = 100, .images_per_second = 12345, .seconds_left = 21};

}  // namespace

TEST_CASE("a progress bar shows epoch, share, rate and time left") {
  CHECK(progress_line(state, 66) == "Epoch 2/5 [########            ]  40 %  12,345 images/s  0:21 left");
}

TEST_CASE("a progress bar fits the terminal, however narrow") {
  for (const std::size_t columns : {0U, 10U, 45U, 50U, 60U, 120U, 1000U}) CHECK(progress_line(state, columns).size() <= columns);
}

TEST_CASE("a progress bar of a run that has not begun is empty, that of a finished one full") {
  CHECK(progress_line({.epoch = 1, .epochs = 1}, 80).starts_with("Epoch 1/1 [    "));
  CHECK(progress_line({.epoch = 1, .epochs = 1, .done = 7, .total = 7}, 80).starts_with("Epoch 1/1 [####################"));
}

}  // namespace cnnctl
