#include "tests/cli/faults.h"

#include "tests/cli/process.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

std::vector<std::string> faults(const std::string& path, const std::string& fault) {
  // AddressSanitizer wants to be the first library; where it is not, it works as well.
  return {"LD_PRELOAD=" CNNCTL_FAULTS_LIBRARY, "ASAN_OPTIONS=verify_asan_link_order=0", "FAULTS_PATH=" + path, fault};
}

}  // namespace

std::vector<std::string> killed_at(int call, const std::string& path) { return faults(path, "FAULTS_KILL=" + std::to_string(call)); }

std::vector<std::string> failing_at(int first, int last, int error, const std::string& path) {
  return faults(path, "FAULTS_FAIL=" + std::to_string(first) + "-" + std::to_string(last) + ":" + std::to_string(error));
}

int count_file_calls(const std::filesystem::path& folder, const std::vector<std::string>& arguments, const std::string& path) {
  const std::filesystem::path count = folder / "calls";
  run_program(folder, arguments, faults(path, "FAULTS_COUNT=" + count.string()));
  const std::string text = read_text(count);
  return text.empty() ? 0 : std::stoi(text);
}

}  // namespace cnnctl
