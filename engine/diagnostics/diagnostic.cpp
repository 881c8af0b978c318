#include "engine/diagnostics/diagnostic.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace cnnctl {
namespace {

bool same(const Diagnostic& a, const Diagnostic& b) {
  return a.severity == b.severity && a.place.source == b.place.source && a.place.begin == b.place.begin && a.place.end == b.place.end &&
         a.message == b.message;
}

constexpr std::size_t most_kept = 1000;  // of each severity

}  // namespace

void Diagnostics::add(Diagnostic diagnostic) {
  std::size_t& count = diagnostic.severity == Severity::error ? errors_ : warnings_;
  if (++count <= most_kept) diagnostics_.push_back(std::move(diagnostic));
}

void Diagnostics::add(const Diagnostics& others) {
  for (Diagnostic& diagnostic : others.sorted()) add(std::move(diagnostic));
  errors_ += others.left_out(Severity::error);
  warnings_ += others.left_out(Severity::warning);
}

void Diagnostics::error(Place place, std::string message, std::string hint) {
  add({Severity::error, std::move(place), std::move(message), std::move(hint), {}});
}

void Diagnostics::warning(Place place, std::string message, std::string hint) {
  add({Severity::warning, std::move(place), std::move(message), std::move(hint), {}});
}

std::size_t Diagnostics::left_out(Severity severity) const {
  const std::size_t count = severity == Severity::error ? errors_ : warnings_;
  return count - std::min(count, most_kept);
}

bool Diagnostics::has_errors() const { return errors_ > 0; }

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::unordered_map<const Source*, std::size_t> order;
  for (const Diagnostic& diagnostic : diagnostics_) order.try_emplace(diagnostic.place.source.get(), order.size());
  const auto key = [&order](const Diagnostic& d) { return std::pair(order.at(d.place.source.get()), d.place.begin); };
  std::vector<Diagnostic> in_order = diagnostics_;
  std::stable_sort(in_order.begin(), in_order.end(), [&key](const Diagnostic& a, const Diagnostic& b) { return key(a) < key(b); });

  std::vector<Diagnostic> result;
  for (Diagnostic& diagnostic : in_order) {
    // Equal ones need not be neighbours, but they begin at the same place.
    const auto is_same = [&diagnostic](const Diagnostic& earlier) { return same(earlier, diagnostic); };
    const auto begins_here = std::find_if(result.rbegin(), result.rend(), [&](const Diagnostic& d) { return key(d) != key(diagnostic); });
    if (std::none_of(result.rbegin(), begins_here, is_same)) result.push_back(std::move(diagnostic));
  }
  return result;
}

ConfigError::ConfigError(Diagnostics diagnostics) : std::runtime_error(to_text(diagnostics, false)), diagnostics_(std::move(diagnostics)) {}

void fail_at(const Place& place, std::string message, std::string hint) {
  Diagnostics diagnostics;
  diagnostics.error(place, std::move(message), std::move(hint));
  throw ConfigError(diagnostics);
}

void throw_if_errors(const Diagnostics& diagnostics) {
  if (diagnostics.has_errors()) throw ConfigError(diagnostics);
}

}  // namespace cnnctl
