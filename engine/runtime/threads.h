#pragma once

namespace cnnctl {

/// Sets the number of threads that primitives and own loops use, before any model is made; returns the number in use. 0: leaves it.
int set_threads(int threads);

/// The number of threads in use.
int threads();

}  // namespace cnnctl
