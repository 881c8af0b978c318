#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "engine/experiment/experiment.h"
#include "tests/experiment/tables.h"

namespace cnnctl {
namespace {

namespace fs = std::filesystem;

std::string read_text(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> lines_of(const fs::path& path) {
  std::vector<std::string> lines;
  std::istringstream text(read_text(path));
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

/// What a user sees of a config's mistakes and warnings, its data being ten classes of grey images of 28 x 28 pixels.
std::string shown(const std::string& config, const std::vector<std::string>& sets) {
  Diagnostics warnings;
  try {
    const Experiment experiment = load_experiment(config, sets, test_tables(), warnings);
    const std::string& dataset = experiment.data.dataset.type;
    if (!dataset.empty()) check_image_shape(experiment, {1, 28, 28}, dataset);
    if (!dataset.empty()) check_classes(experiment, 10, dataset);
  } catch (const ConfigError& error) {
    return error.what();
  }
  std::string text;
  for (const Diagnostic& diagnostic : warnings.sorted()) text += to_text(diagnostic, false);
  return text;
}

/// Paths in messages are those that the user gave, so the configs are named as from the project's folder.
class InFolder {
 public:
  explicit InFolder(const fs::path& folder) : before_(fs::current_path()) { fs::current_path(folder); }
  ~InFolder() { fs::current_path(before_); }
  InFolder(const InFolder&) = delete;
  InFolder& operator=(const InFolder&) = delete;

 private:
  fs::path before_;
};

std::vector<fs::path> configs_in(const fs::path& folder) {
  std::vector<fs::path> configs;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".yaml") configs.push_back(entry.path());
  std::sort(configs.begin(), configs.end());
  return configs;
}

}  // namespace

// CNNCTL_UPDATE=1 writes the texts anew; read them before you commit them.
TEST_CASE("every config in tests/mistakes gives the text beside it") {
  const InFolder folder(CNNCTL_SOURCE_DIR);
  const bool update = std::getenv("CNNCTL_UPDATE") != nullptr;
  const std::vector<fs::path> configs = configs_in("tests/mistakes");
  CHECK(configs.size() > 50);
  for (const fs::path& config : configs) {
    CAPTURE(config.string());
    const std::string text = shown(config.string(), lines_of(fs::path(config).replace_extension(".set")));
    const fs::path expected = fs::path(config).replace_extension(".txt");
    if (update) std::ofstream(expected) << text;
    CHECK_FALSE(text.empty());
    CHECK(text == read_text(expected));
  }
}

}  // namespace cnnctl
