#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/process.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

Result run_layers(std::vector<std::string> arguments) {
  const TemporaryFolder folder;
  arguments.insert(arguments.begin(), "layers");
  return run_program(folder.path(), arguments);
}

}  // namespace

TEST_CASE("layers lists every layer, optimizer, schedule, loss and dataset") {
  const Result result = run_layers({});
  CHECK(result.status == 0);
  for (const char* name : {"conv: ", "identity: ", "adamw: ", "constant: ", "cross_entropy: ", "fashion_mnist: ", "train: "}) {
    CAPTURE(name);
    CHECK(contains(result.out, name));
  }
}

TEST_CASE("layers explains one thing with its arguments") {
  const Result result = run_layers({"conv"});
  CHECK(result.status == 0);
  CHECK(contains(result.out, "out_channels"));
  CHECK(contains(result.out, "dilation"));
  CHECK_FALSE(contains(result.out, "momentum"));
  CHECK(contains(run_layers({"train"}).out, "log_every"));
  CHECK(contains(run_layers({"group"}).out, "layers"));
}

TEST_CASE("layers --json gives the same as one object") {
  const auto all = nlohmann::json::parse(run_layers({"--json"}).out);
  for (const char* kind : {"layers", "sections", "datasets", "losses", "optimizers", "schedules"}) CHECK_FALSE(all.at(kind).empty());
  const auto conv = nlohmann::json::parse(run_layers({"conv", "--json"}).out);
  CHECK(conv.at("name") == "conv");
  CHECK(conv == all.at("layers").at(0));
}

TEST_CASE("layers does not know a name: an error with a suggestion") {
  const Result result = run_layers({"max_pol"});
  CHECK(result.status == 2);
  CHECK(contains(result.err, "nothing is called 'max_pol'; did you mean 'max_pool'?"));
}

TEST_CASE("the config reference is what the declarations say; else run: cnnctl layers --markdown > docs/reference/config.md") {
  CHECK(read_text(std::string(CNNCTL_SOURCE_DIR) + "/docs/reference/config.md") == run_layers({"--markdown"}).out);
}

}  // namespace cnnctl
