#include "cli/commands/sweep_grid.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <fmt/format.h>

#include "engine/diagnostics/diagnostic.h"

namespace cnnctl {
namespace {

constexpr std::size_t most_runs = 10'000;

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(' ') - begin + 1));
}

/// The text split at commas that stand in no brackets, braces or quotes.
std::vector<std::string> split_values(std::string_view text) {
  std::vector<std::string> values(1);
  int depth = 0;
  char quote = 0;
  for (const char c : text) {
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      --depth;
    } else if (c == ',' && depth == 0) {
      values.emplace_back();
      continue;
    }
    values.back() += c;
  }
  for (std::string& value : values) value = trimmed(value);
  return values;
}

/// What may stand in a folder's name.
std::string file_name_of(std::string text) {
  constexpr std::size_t longest = 80;
  const auto is_plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '=' || c == '-' || c == '_';
  };
  std::replace_if(
      text.begin(), text.end(), [&](char c) { return !is_plain(c); }, '_');
  return text.substr(0, longest);
}

void check_axes(const std::vector<GridAxis>& axes, std::int64_t seeds) {
  std::size_t runs = static_cast<std::size_t>(std::max<std::int64_t>(seeds, 1));
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (std::any_of(axes.begin(), axes.begin() + static_cast<std::ptrdiff_t>(i), [&](const GridAxis& a) { return a.key == axes[i].key; }))
      throw InputError(fmt::format("--grid {}: stands twice; give all its values at once", axes[i].key));
    if (seeds > 0 && axes[i].key == "train.seed") throw InputError("--grid train.seed: --seeds gives the seeds; use one of the two");
    runs *= axes[i].values.size();
    if (runs > most_runs) throw InputError(fmt::format("the grid has more than {} runs", most_runs));
  }
}

}  // namespace

GridAxis parse_axis(const std::string& text) {
  const std::size_t split = text.find('=');
  const std::string key = trimmed(text.substr(0, split));
  if (split == std::string::npos || key.empty())
    throw InputError(fmt::format("--grid {}: write KEY=VALUE,VALUE, as train.batch_size=32,64", text));
  GridAxis axis{key, split_values(std::string_view(text).substr(split + 1))};
  if (std::find(axis.values.begin(), axis.values.end(), "") != axis.values.end())
    throw InputError(fmt::format("--grid {}: a value is empty", text));
  for (auto value = axis.values.begin(); value != axis.values.end(); ++value)
    if (std::find(axis.values.begin(), value, *value) != value) throw InputError(fmt::format("--grid {}: {} stands twice", text, *value));
  return axis;
}

std::vector<GridRun> runs_of(const std::vector<GridAxis>& axes, std::int64_t seeds, std::int64_t first_seed) {
  check_axes(axes, seeds);
  std::vector<GridRun> runs(1);
  for (const GridAxis& axis : axes) {
    std::vector<GridRun> longer;
    for (const GridRun& run : runs)
      for (const std::string& value : axis.values) {
        longer.push_back(run);
        longer.back().values.push_back(value);
      }
    runs = std::move(longer);
  }
  if (seeds > 0) {
    std::vector<GridRun> seeded;
    for (const GridRun& run : runs)
      for (std::int64_t i = 0; i < seeds; ++i) {
        seeded.push_back(run);
        seeded.back().seed = first_seed + i;
      }
    runs = std::move(seeded);
  }
  for (std::size_t i = 0; i < runs.size(); ++i) runs[i].name = file_name_of(fmt::format("{:03}-{}", i + 1, describe(axes, runs[i])));
  return runs;
}

std::string short_key(const std::string& key) { return key.substr(key.rfind('.') + 1); }

std::string describe(const std::vector<GridAxis>& axes, const GridRun& run) {
  std::string text;
  const auto add = [&](const std::string& key, const std::string& value) {
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", key, value);
  };
  for (std::size_t i = 0; i < axes.size(); ++i) add(short_key(axes[i].key), run.values[i]);
  if (run.seed != 0) add("seed", std::to_string(run.seed));
  return text.empty() ? "run" : text;
}

}  // namespace cnnctl
