#pragma once

#include <memory>

#include "datasets/loader/loader.h"

namespace cnnctl {

/// make_loader() for images in files: threads of its own read, decode and transform them ahead. What it holds is bounded by two batches,
/// and by 256 MiB, whatever the number of files.
std::unique_ptr<BatchSource> make_file_loader(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options);

}  // namespace cnnctl
