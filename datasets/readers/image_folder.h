#pragma once

#include "datasets/dataset.h"

namespace cnnctl {

/// JPEG and PNG files in a folder for each class: ROOT/train/CLASS/*.jpg, ROOT/test/CLASS/*.png, also in folders below these. Classes are
/// the sorted names of the folders in train. The files are listed here and read when a batch needs them.
DatasetType image_folder_dataset();

}  // namespace cnnctl
