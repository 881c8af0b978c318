#pragma once

#include <chrono>
#include <vector>

namespace cnnctl {

/// A clock for durations.
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start);

/// The middle of the values, or the mean of the two in the middle. There is at least one.
double median(std::vector<double> values);

}  // namespace cnnctl
