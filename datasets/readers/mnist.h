#pragma once

#include "datasets/dataset.h"

namespace cnnctl {

/// Handwritten digits, 28 x 28 grey, as four IDX files in the folder `root`, plain or .gz. Source: http://yann.lecun.com/exdb/mnist/
DatasetType mnist_dataset();

/// Pictures of clothes in the same form. Source: https://github.com/zalandoresearch/fashion-mnist
DatasetType fashion_mnist_dataset();

/// Cursive Japanese characters in the same form. Source: http://codh.rois.ac.jp/kmnist/
DatasetType kmnist_dataset();

}  // namespace cnnctl
