#pragma once

#include "engine/experiment/experiment.h"

namespace cnnctl {

/// Fetches the files that the experiment's dataset lacks, where it says `download: true`. Unless `quiet`, tells on standard error what is
/// fetched, with a progress bar where that is a terminal. Throws as download_dataset does.
void download_data(const Experiment& experiment, bool quiet);

}  // namespace cnnctl
