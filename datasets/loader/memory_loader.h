#pragma once

#include <memory>

#include "datasets/loader/loader.h"

namespace cnnctl {

/// make_loader() for images in memory. They are gathered and transformed on the threads that compute, in the moment before these need the
/// batch: threads of its own would take a core from them for as long as they work, and every primitive would wait for the one that lost
/// it; so a batch costs its work over all cores, and nothing waits.
std::unique_ptr<BatchSource> make_memory_loader(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options);

}  // namespace cnnctl
