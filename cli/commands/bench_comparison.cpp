#include "cli/commands/bench_comparison.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "cli/terminal/table.h"
#include "engine/diagnostics/diagnostic.h"

namespace cnnctl {
namespace {

constexpr std::size_t most_runs_named = 10;

bool comparable(const BenchResult& a, const BenchResult& b) {
  return std::tie(a.model, a.mode, a.batch_size) == std::tie(b.model, b.mode, b.batch_size);
}

std::string list(const std::vector<BenchResult>& results) {
  std::string text;
  for (std::size_t i = 0; i < std::min(results.size(), most_runs_named); ++i) text += "\n  " + heading(results[i]);
  return text + (results.size() > most_runs_named ? fmt::format("\n  and {} more", results.size() - most_runs_named) : "");
}

/// "-8.7 %"; nothing where there is nothing to compare with.
std::string percent(double earlier, double now) { return earlier > 0 ? fmt::format("{:+.1f} %", 100 * (now / earlier - 1)) : ""; }

/// "jit:avx2 -> cnnctl", or the one word where both are the same.
std::string change(const std::string& earlier, const std::string& now) { return earlier == now ? now : earlier + " -> " + now; }

/// A primitive in both runs; in one alone where it came or went.
struct Pair {
  const StepTime* earlier = nullptr;
  const StepTime* now = nullptr;

  double milliseconds() const { return (now ? now->milliseconds : 0) - (earlier ? earlier->milliseconds : 0); }
};

/// Primitives of the same layer and pass are paired in the order in which they run.
std::vector<Pair> pair_layers(const std::vector<StepTime>& earlier, const std::vector<StepTime>& now) {
  using Name = std::pair<std::string, std::string>;
  std::map<std::pair<Name, int>, std::size_t> places;
  std::vector<Pair> pairs;
  const auto add = [&](const std::vector<StepTime>& times, const StepTime* Pair::*side) {
    std::map<Name, int> seen;
    for (const StepTime& time : times) {
      const Name name(time.layer, time.pass);
      const auto [place, added] = places.try_emplace({name, seen[name]++}, pairs.size());
      if (added) pairs.emplace_back();
      pairs[place->second].*side = &time;
    }
  };
  add(now, &Pair::now);
  add(earlier, &Pair::earlier);
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const Pair& a, const Pair& b) { return std::abs(a.milliseconds()) > std::abs(b.milliseconds()); });
  return pairs;
}

std::vector<std::string> row(const Pair& pair) {
  const StepTime& now = pair.now ? *pair.now : *pair.earlier;
  const StepTime& earlier = pair.earlier ? *pair.earlier : *pair.now;
  const auto milliseconds = [](const StepTime* time) { return time ? fmt::format("{:.3f}", time->milliseconds) : ""; };
  const std::string ratio = pair.earlier && pair.now ? percent(earlier.milliseconds, now.milliseconds) : pair.now ? "new" : "gone";
  return {now.layer,
          now.pass,
          change(earlier.implementation, now.implementation),
          change(earlier.format, now.format),
          milliseconds(pair.earlier),
          milliseconds(pair.now),
          fmt::format("{:+.3f}", pair.milliseconds()),
          ratio};
}

double sum(const std::vector<StepTime>& times) {
  return std::accumulate(times.begin(), times.end(), 0.0, [](double total, const StepTime& time) { return total + time.milliseconds; });
}

std::string layers_text(const std::vector<StepTime>& earlier, const std::vector<StepTime>& now) {
  constexpr auto right = Table::Align::right;
  Table table(
      {{"layer"}, {"pass"}, {"implementation"}, {"format"}, {"earlier ms", right}, {"ms", right}, {"change ms", right}, {"change", right}});
  for (const Pair& pair : pair_layers(earlier, now)) table.add(row(pair));
  return fmt::format("\n{}\nprimitives took {:.3f} ms and take {:.3f} ms (sums of medians)\n", table.text(), sum(earlier), sum(now));
}

std::string figures_text(const BenchResult& earlier, const BenchResult& now) {
  constexpr auto right = Table::Align::right;
  Table table({{""}, {"earlier", right}, {"now", right}, {"change", right}});
  const auto add = [&](const char* name, double was, double is, int digits) {
    table.add({name, fmt::format("{:.{}f}", was, digits), fmt::format("{:.{}f}", is, digits), percent(was, is)});
  };
  add("ms a step", earlier.ms_per_step, now.ms_per_step, 3);
  add("images per second", earlier.images_per_second, now.images_per_second, 1);
  add("peak memory, MB", earlier.peak_rss_mb, now.peak_rss_mb, 1);
  add("setup, s", earlier.setup_seconds, now.setup_seconds, 3);
  return table.text();
}

}  // namespace

BenchResult find_comparable(const std::vector<BenchResult>& earlier, const BenchResult& wanted, const std::string& path) {
  const BenchResult* best = nullptr;
  const auto likeness = [&](const BenchResult& result) {
    return std::pair(result.precision == wanted.precision, result.threads == wanted.threads);
  };
  for (const BenchResult& result : earlier)
    if (comparable(result, wanted) && (best == nullptr || likeness(result) >= likeness(*best))) best = &result;
  if (best == nullptr)
    throw InputError(fmt::format("--compare {}: holds no run of {} {}, batch size {}; it holds:{}", path, wanted.model, wanted.mode,
                                 wanted.batch_size, list(earlier)));
  return *best;
}

std::string comparison_text(const BenchResult& earlier, const BenchResult& now, const std::string& path) {
  std::string text = fmt::format("against {}\n", path);
  if (earlier.precision != now.precision || earlier.threads != now.threads)
    text += fmt::format("note: the earlier run was another: {}\n", heading(earlier));
  text += figures_text(earlier, now);
  if (!now.layers) return text;
  if (!earlier.layers) return text + "note: the earlier run holds no layers; 'bench --layers --json' writes them\n";
  return text + layers_text(*earlier.layers, *now.layers);
}

}  // namespace cnnctl
