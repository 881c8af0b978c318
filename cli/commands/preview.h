#pragma once

#include <string>

#include "engine/experiment/experiment.h"

namespace cnnctl {

/// `cnnctl data --preview FILE.png`: writes a contact sheet of the first images that training would see, with their labels, and says on
/// standard output what is in it. Returns the exit status. Throws InputError also where `path` cannot be a PNG file.
int run_preview(const Experiment& experiment, const std::string& path, bool json);

}  // namespace cnnctl
