#include "cli/commands/sweep_record.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/diagnostics/diagnostic.h"
#include "engine/formats/atomic_file.h"
#include "engine/formats/input_file.h"

namespace cnnctl {
namespace {

using nlohmann::json;

constexpr std::uint64_t largest_file = 16U << 20U;

std::string plan_text(const std::string& config, const std::vector<GridAxis>& axes, std::int64_t seeds) {
  json grid = json::array();
  for (const GridAxis& axis : axes) grid.push_back({axis.key, axis.values});
  return json{{"config", config}, {"grid", grid}, {"seeds", seeds}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Runs without a record may be of any config, and would be taken for this sweep's.
void refuse_unrecorded_runs(const std::string& folder) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (may_exist(entry.path() / "last.safetensors"))
      throw InputError(fmt::format("{} holds the run {}, but no sweep.json that says of which sweep; name another folder with --out",
                                   folder, entry.path().filename().string()));
}

SweepResult result_from(const json& object) {
  SweepResult result;
  if (const json& accuracy = object.at("accuracy"); !accuracy.is_null()) result.accuracy = accuracy.get<double>();
  result.best_accuracy = object.at("best_accuracy").get<double>();
  return result;
}

json to_json(const SweepResult& result) {
  return {{"accuracy", result.accuracy ? json(*result.accuracy) : json()}, {"best_accuracy", result.best_accuracy}};
}

}  // namespace

SweepRecord::SweepRecord(const std::string& folder, const std::string& config, const std::vector<GridAxis>& axes, std::int64_t seeds)
    : path_((std::filesystem::path(folder) / "sweep.json").string()), plan_(plan_text(config, axes, seeds)) {
  if (!may_exist(path_)) {
    refuse_unrecorded_runs(folder);
    write();
    return;
  }
  InputFile file(path_);
  if (file.size() > largest_file) file.fail("is larger than 16 MiB, so it is no record of a sweep");
  const std::string text = file.read_rest();
  try {
    const json record = json::parse(text);
    if (record.at("plan") != json::parse(plan_))
      throw InputError(fmt::format("{} is of a sweep of another config or grid; name another folder with --out", path_));
    for (const auto& [name, result] : record.at("results").items()) results_[name] = result_from(result);
  } catch (const json::exception& error) {
    throw InputError(fmt::format("{}: is damaged ({}); name another folder with --out to begin the sweep anew", path_, error.what()));
  }
}

const SweepResult* SweepRecord::find(const std::string& name) const {
  const auto found = results_.find(name);
  return found == results_.end() ? nullptr : &found->second;
}

void SweepRecord::add(const std::string& name, const SweepResult& result) {
  results_[name] = result;
  write();
}

void SweepRecord::write() const {
  json results = json::object();
  for (const auto& [name, result] : results_) results[name] = to_json(result);
  const std::string text = json{{"plan", json::parse(plan_)}, {"results", results}}.dump(1) + "\n";
  write_file_atomically(path_, std::array<std::string_view, 1>{text});
}

}  // namespace cnnctl
