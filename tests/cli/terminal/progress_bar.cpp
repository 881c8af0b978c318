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

TEST_CASE("a fetched file's bar shows its name, share, rate and time left, and fits the terminal") {
  const FetchState fetch = {.file = "images.gz", .done = 4'000'000, .total = 10'000'000, .bytes_per_second = 1'500'000};
  CHECK(fetch_line(fetch, 59) == "images.gz [########            ]  40 %  1.5 MB/s  0:04 left");
  CHECK(fetch_line({.file = "images.gz", .total = 10}, 60) == "images.gz [                                        ]   0 %");
  for (const std::size_t columns : {0U, 10U, 45U, 50U, 60U, 120U, 1000U}) CHECK(fetch_line(fetch, columns).size() <= columns);
}

}  // namespace cnnctl
