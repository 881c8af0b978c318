#include <doctest/doctest.h>

#include <cstdlib>

#include "tests/cli/process.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

/// A variable of the environment that started programs see, in a scope.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

/// What libgomp says on standard error about the settings it took; twice where the program started itself anew.
std::string settings_of(const std::vector<std::string>& arguments) {
  const TemporaryFolder folder;
  write_text(folder.path() / "tiny.yaml", tiny_config());
  const Variable display("OMP_DISPLAY_ENV", "verbose");
  const Result result = run_program(folder.path(), arguments);
  CHECK(result.status == 0);
  return result.err;
}

std::size_t starts(const std::string& settings) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = settings.find("OPENMP DISPLAY ENVIRONMENT BEGIN", at)) != std::string::npos; ++at) ++count;
  return count;
}

const std::vector<std::string> bench_tiny = {"bench", "tiny.yaml", "--threads", "1", "--steps", "1", "--warmup", "0"};

}  // namespace

TEST_CASE("a command that computes lets OpenMP's threads spin shortly, by starting itself once more") {
  for (const char* name : {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"}) unsetenv(name);
  for (const std::vector<std::string>& arguments : {bench_tiny, {"train", "tiny.yaml", "--threads", "1", "--set", "train.epochs=1"}}) {
    const std::string settings = settings_of(arguments);
    CHECK(starts(settings) == 2);
    CHECK(contains(settings, "GOMP_SPINCOUNT = '1000'"));
  }
}

TEST_CASE("a command that computes nothing starts once, as OpenMP's defaults have it") {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"shape-check", "tiny.yaml"}, {"layers"}, {"bench", "--help"}}) {
    const std::string settings = settings_of(arguments);
    CHECK(starts(settings) == 1);
    CHECK_FALSE(contains(settings, "GOMP_SPINCOUNT = '1000'"));
  }
}

TEST_CASE("what the environment says about how threads wait, or where they run, wins") {
  const auto settings_with = [](const char* name, const char* value) {
    CAPTURE(name);
    const Variable variable(name, value);
    std::string settings = settings_of(bench_tiny);
    CHECK(starts(settings) == 1);
    CHECK_FALSE(contains(settings, "GOMP_SPINCOUNT = '1000'"));
    return settings;
  };
  CHECK(contains(settings_with("GOMP_SPINCOUNT", "77"), "GOMP_SPINCOUNT = '77'"));
  settings_with("OMP_WAIT_POLICY", "active");
  settings_with("OMP_PROC_BIND", "true");
  settings_with("OMP_PLACES", "cores");
  settings_with("GOMP_CPU_AFFINITY", "0");
}

TEST_CASE("arguments, output and the exit status survive the new start") {
  const TemporaryFolder folder;
  write_text(folder.path() / "tiny.yaml", tiny_config());
  const Result bad = run_program(folder.path(), {"bench", "tiny.yaml", "--set", "train.epoch=1"});
  CHECK(bad.status == 2);
  CHECK(contains(bad.err, "did you mean 'epochs'?"));
  const Result good =
      run_program(folder.path(), {"bench", "tiny.yaml", "--set", "train.batch_size= 7", "--threads", "1", "--steps", "1", "--json"});
  CHECK(good.status == 0);
  CHECK(contains(good.out, "\"batch_size\":7"));
}

}  // namespace cnnctl
