#pragma once

#include <string>
#include <vector>

#include "engine/config/value.h"
#include "engine/diagnostics/diagnostic.h"

namespace cnnctl {

/// Reports `betas`, as `arguments` of `optimizer` give them, where they are not two.
void check_betas(const std::vector<double>& betas, const std::string& optimizer, const Value& arguments, Diagnostics& diagnostics);

}  // namespace cnnctl
