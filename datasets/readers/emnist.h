#pragma once

#include "datasets/dataset.h"

namespace cnnctl {

/// Handwritten letters and digits in the form of MNIST, in six splits of classes. The files hold the images on their sides (rows and
/// columns changed); here they stand upright. Source: https://www.nist.gov/itl/products-and-services/emnist-dataset
DatasetType emnist_dataset();

}  // namespace cnnctl
