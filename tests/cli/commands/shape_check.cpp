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

TEST_CASE("shape-check's memory counts what averages and sums of gradients take") {
  const TemporaryFolder folder;
  write_text(folder.path() / "tiny.yaml", tiny_config());
  const auto bytes = [&](const std::string& set) {
    const Result result = run_program(folder.path(), {"shape-check", "tiny.yaml", "--json", "--set", set});
    return nlohmann::json::parse(result.out).at("train_memory_bytes").get<std::int64_t>();
  };
  const std::int64_t plain = bytes("train.accumulate=1"), trained = 1562, all = trained + 2 * 4;
  CHECK(bytes("train.accumulate=2") == plain + 4 * trained);
  CHECK(bytes("train.ema=0.9") == plain + 4 * all);
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
  // By 900 images' share, since what the program itself takes does not grow.
  const auto growth = [&](const char* key) { return large.at(key).get<std::int64_t>() - usual.at(key).get<std::int64_t>(); };
  CHECK(growth("train_memory_bytes") > 900 * 100'000);
  CHECK(growth("eval_memory_bytes") > 900 * 50'000);
  CHECK(large.at("parameters") == usual.at("parameters"));
  CHECK(run({"--set", "model.fc.out_features=5"}).at("layers").back().at("output") == nlohmann::json({5, 1, 1}));
}

TEST_CASE("shape-check --json tells what each layer reads, and the groups around it") {
  const TemporaryFolder folder;
  const auto json = nlohmann::json::parse(run_program(folder.path(), {"shape-check", mnist, "--json"}).out);
  const auto& layers = json.at("layers");
  CHECK(layers[0].at("inputs") == nlohmann::json({"input"}));
  CHECK(layers[1].at("inputs") == nlohmann::json({"layer1.0"}));
  CHECK(layers[8].at("group").is_null());
  const auto& groups = json.at("groups");
  REQUIRE(groups.size() == 2);
  CHECK(layers[4].at("group") == 1);
  CHECK(groups[1].at("name") == "layer2");
  CHECK(groups[1].at("type") == "group");
  CHECK(groups[1].at("parent").is_null());
  CHECK(groups[1].at("layers") == 4);
  CHECK(groups[1].at("output") == nlohmann::json({32, 7, 7}));
  CHECK(groups[1].at("parameters") == 32 * 16 * 25 + 32 + 64);
}

TEST_CASE("shape-check --depth folds groups, and 0 leaves the totals") {
  const TemporaryFolder folder;
  const std::string one = run_program(folder.path(), {"shape-check", mnist, "--depth", "1"}).out;
  CHECK(contains(one, "layer1  group    4 layers   16 x 14 x 14"));
  CHECK_FALSE(contains(one, "conv"));
  CHECK(contains(one, "parameters             29,034\n"));
  CHECK(run_program(folder.path(), {"shape-check", mnist, "--depth", "0"}).out.starts_with("parameters             29,034\n"));
}

TEST_CASE("shape-check --dot writes the graph beside the table, or to standard output in its place") {
  const TemporaryFolder folder;
  const std::string table = run_program(folder.path(), {"shape-check", mnist}).out;
  CHECK(run_program(folder.path(), {"shape-check", mnist, "--dot", "net.dot"}).out == table);
  const std::string dot = read_text(folder.path() / "net.dot");
  CHECK(dot.starts_with("digraph \"mnist_convnet\" {\n"));
  CHECK(contains(dot, "subgraph cluster_0 {\n    label=\"layer1: group\";"));
  CHECK(run_program(folder.path(), {"shape-check", mnist, "--dot", "-"}).out == dot);
}

TEST_CASE("shape-check --dot to where no file can be, or beside --json to standard output, is an error of status 2") {
  const TemporaryFolder folder;
  const auto error_of = [&](const std::vector<std::string>& arguments) {
    std::vector<std::string> all = {"shape-check", mnist, "--dot"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Result result = run_program(folder.path(), all);
    CHECK(result.status == 2);
    CHECK(result.out.empty());
    return result.err;
  };
  CHECK(contains(error_of({"none/net.dot"}), "--dot none/net.dot: there is no folder none; make it first"));
  CHECK(contains(error_of({"."}), "--dot .: is a folder; name a file"));
  write_text(folder.path() / "mine.yaml", tiny_config());
  CHECK(contains(run_program(folder.path(), {"shape-check", "mine.yaml", "--dot", "mine.yaml"}).err,
                 "is what is read, and would be replaced"));
  CHECK(read_text(folder.path() / "mine.yaml") == tiny_config());
  CHECK(contains(error_of({"-", "--json"}), "both write to standard output"));
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
