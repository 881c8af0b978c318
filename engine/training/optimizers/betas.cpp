#include "engine/training/optimizers/betas.h"

#include <fmt/format.h>

namespace cnnctl {

void check_betas(const std::vector<double>& betas, const std::string& optimizer, const Value& arguments, Diagnostics& diagnostics) {
  if (betas.size() == 2) return;
  diagnostics.error(arguments.find("betas")->place, fmt::format("{}: betas takes two numbers, not {}", optimizer, betas.size()),
                    "write betas: [0.9, 0.999]");
}

}  // namespace cnnctl
