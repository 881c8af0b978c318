#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/process.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

const std::string mnist = std::string(CNNCTL_SOURCE_DIR) + "/configs/mnist_convnet.yaml";

}  // namespace

TEST_CASE("shape-check --json gives the network's figures under fixed keys") {
  const TemporaryFolder folder;
  const Result result = run_program(folder.path(), {"shape-check", mnist, "--json"});
  INFO(result.err);
  REQUIRE(result.status == 0);
  REQUIRE(lines(result.out).size() == 1);
  const auto json = nlohmann::json::parse(result.out);
  CHECK(json.at("parameters") == 16 * 25 + 16 + 32 + 32 * 16 * 25 + 32 + 64 + 1568 * 10 + 10);
  CHECK(json.at("macs") == 16 * 25 * 784 + 32 * 16 * 25 * 196 + 15680);
  CHECK(json.at("train_memory_bytes") > json.at("eval_memory_bytes"));
  CHECK(json.at("eval_memory_bytes") > 4 * 28938);
  const auto& layers = json.at("layers");
  REQUIRE(layers.size() == 10);
  CHECK(layers[0].at("name") == "layer1.0");
  CHECK(layers[0].at("type") == "conv");
  CHECK(layers[0].at("output") == nlohmann::json({16, 28, 28}));
  CHECK(layers[0].at("parameters") == 416);
  CHECK(layers[0].at("macs") == 16 * 25 * 784);
  CHECK(layers[8].at("output") == nlohmann::json({1568, 1, 1}));
  CHECK(layers[9].at("name") == "fc");
  CHECK(layers[9].at("output") == nlohmann::json({10, 1, 1}));
}

TEST_CASE("shape-check prints a table with the arithmetic, and totals below") {
  const TemporaryFolder folder;
  const Result result = run_program(folder.path(), {"shape-check", mnist});
  CHECK(contains(result.out, "16 x 28 x 28"));
  CHECK(contains(result.out, "(28 - 5 + 2*2) / 1 + 1 = 28"));
  CHECK(contains(result.out, "parameters             29,034\n"));
  CHECK(contains(result.out, "at batch size 100"));
  for (const std::string& line : lines(result.out)) CHECK(line.size() <= 120);
}

TEST_CASE("shape-check's memory follows --batch-size, and --set changes the network") {
  const TemporaryFolder folder;
  const auto run = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"shape-check", mnist, "--json"});
    return nlohmann::json::parse(run_program(folder.path(), arguments).out);
  };
  const auto usual = run({});
  const auto large = run({"--batch-size", "1000"});
  CHECK(large.at("batch_size") == 1000);
  CHECK(large.at("train_memory_bytes") > 5 * usual.at("train_memory_bytes").get<std::int64_t>());
  CHECK(large.at("parameters") == usual.at("parameters"));
  CHECK(run({"--set", "model.fc.out_features=5"}).at("layers").back().at("output") == nlohmann::json({5, 1, 1}));
}

TEST_CASE("shape-check takes the name of a shipped config") {
  const TemporaryFolder folder;
  CHECK(run_program(folder.path(), {"shape-check", "mnist_convnet"}).out == run_program(folder.path(), {"shape-check", mnist}).out);
}

TEST_CASE("shape-check of a kernel larger than its input is an error of status 2") {
  const TemporaryFolder folder;
  const Result result = run_program(folder.path(), {"shape-check", mnist, "--set", "model.layer1.0.kernel_size=50"});
  CHECK(result.status == 2);
  CHECK(contains(result.err, "50"));
  CHECK(result.out.empty());
}

}  // namespace cnnctl
