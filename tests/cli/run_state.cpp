#include "tests/cli/run_state.h"

#include <doctest/doctest.h>

#include <regex>

#include <nlohmann/json.hpp>

#include "tests/cli/process.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

namespace fs = std::filesystem;

SafeTensors without_times(SafeTensors file) {
  const auto found = file.metadata.find("progress");
  if (found == file.metadata.end()) return file;
  nlohmann::json progress = nlohmann::json::parse(found->second);
  progress.erase("seconds");
  progress.erase("log_bytes");  // times in the log have more or fewer digits
  found->second = progress.dump();
  return file;
}

/// The lines that tell results, without the time in front and the rates behind.
std::vector<std::string> results_of(const std::string& log) {
  static const std::regex result(R"(^[0-9-]+ [0-9:.]+ (Epoch \[.*|epoch .*?|Test Accuracy .*?)(, [0-9.]+ s, [0-9,]+ images/s)?$)");
  std::vector<std::string> results;
  std::smatch match;
  for (const std::string& line : lines(log))
    if (std::regex_match(line, match, result)) results.push_back(match[1]);
  return results;
}

}  // namespace

RunState read_run(const fs::path& folder) {
  RunState state;
  for (const char* name : {"best.safetensors", "last.safetensors"})
    if (fs::exists(folder / name)) state.checkpoints[name] = without_times(read_safetensors((folder / name).string()));
  static const std::regex rates(R"(,[0-9.]+,[0-9.]+$)");
  for (const std::string& row : lines(read_text(folder / "metrics.csv"))) state.metrics.push_back(std::regex_replace(row, rates, ""));
  state.results = results_of(read_text(folder / "train.log"));
  state.config = read_text(folder / "config.yaml");
  return state;
}

void check_same(const RunState& state, const RunState& expected) {
  CHECK(state.metrics == expected.metrics);
  CHECK(state.results == expected.results);
  CHECK(state.config == expected.config);
  REQUIRE(state.checkpoints.size() == expected.checkpoints.size());
  for (const auto& [key, file] : expected.checkpoints) {
    const std::string& name = key;  // clang 14 captures no structured binding
    CAPTURE(name);
    const SafeTensors& other = state.checkpoints.at(name);
    CHECK(other.metadata == file.metadata);
    REQUIRE(other.tensors.size() == file.tensors.size());
    for (const auto& [tensor_key, tensor] : file.tensors) {
      const std::string& tensor_name = tensor_key;  // clang 14 captures no structured binding
      CAPTURE(tensor_name);
      CHECK(other.tensors.at(tensor_name).values == tensor.values);
    }
  }
}

std::vector<std::string> temporary_files(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    if (const std::string name = entry.path().filename().string(); contains(name, ".tmp.")) names.push_back(name);
  return names;
}

}  // namespace cnnctl
