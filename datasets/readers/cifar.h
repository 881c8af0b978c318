#pragma once

#include "datasets/dataset.h"

namespace cnnctl {

/// Photographs of 10 or 100 things, 3 x 32 x 32, in the "binary version" of their files, in `root` or in the folder of the archive in it.
/// Source: https://www.cs.toronto.edu/~kriz/cifar.html
DatasetType cifar10_dataset();
DatasetType cifar100_dataset();

}  // namespace cnnctl
