#pragma once

#include <string>
#include <vector>

#include "cli/commands/bench_result.h"

namespace cnnctl {

/// The run among `earlier`, read from the file `path`, that is of the same model, mode and batch size as `wanted`: the latest, and one of
/// the same precision and threads rather than another. Throws InputError, with the runs there are, where there is none.
BenchResult find_comparable(const std::vector<BenchResult>& earlier, const BenchResult& wanted, const std::string& path);

/// The change of each figure, and where both runs hold their layers, of each primitive, what changed most first. Says where threads or
/// precision differ. Ends with a line break.
std::string comparison_text(const BenchResult& earlier, const BenchResult& now, const std::string& path);

}  // namespace cnnctl
