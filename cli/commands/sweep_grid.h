#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cnnctl {

/// One of the keys that a sweep changes, with the values it takes.
struct GridAxis {
  std::string key;                  // a dotted path, as --set takes it
  std::vector<std::string> values;  // as YAML
};

/// Takes "train.optimizer.adam.lr=0.1,0.01" apart. Commas inside brackets, braces and quotes belong to a value. Throws InputError.
GridAxis parse_axis(const std::string& text);

/// A run of a sweep.
struct GridRun {
  std::vector<std::string> values;  // of each axis
  std::int64_t seed = 0;            // 0 leaves the config's
  std::string name;                 // of its folder: "001-lr=0.1-seed=2"
};

/// Every combination of the axes' values, the last one's changing fastest, each with `seeds` seeds from `first_seed` on (0 seeds: with the
/// config's alone). Throws InputError where they are more than a sweep takes, or where a key stands twice.
std::vector<GridRun> runs_of(const std::vector<GridAxis>& axes, std::int64_t seeds, std::int64_t first_seed);

/// The last part of a dotted path: "lr".
std::string short_key(const std::string& key);

/// "lr=0.1 seed=2", as a person reads it.
std::string describe(const std::vector<GridAxis>& axes, const GridRun& run);

}  // namespace cnnctl
