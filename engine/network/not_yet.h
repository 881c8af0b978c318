#pragma once

#include <string_view>

#include "engine/diagnostics/diagnostic.h"

namespace cnnctl {

/// Reports that `what` belongs to the config language but not to this version of it, so that nobody searches for a spelling mistake.
void report_not_yet(const Place& place, std::string_view what, Diagnostics& diagnostics, std::string hint = "");

}  // namespace cnnctl
