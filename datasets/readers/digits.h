#pragma once

#include "datasets/dataset.h"

namespace cnnctl {

/// Digits drawn in memory from the seed, 28 x 28 grey bytes, as many of each: strokes of random place, size, slant, thickness and
/// brightness, among noise and stray lines. The i-th image of a split is the same however many are drawn, and on every machine.
DatasetType digits_dataset();

}  // namespace cnnctl
