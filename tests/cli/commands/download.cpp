#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "tests/cli/process.h"
#include "tests/support/http_server.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

namespace fs = std::filesystem;

const fs::path package_folder = "/usr/share/datasets/fashion-mnist";

/// Fashion-MNIST as it is published: Debian's package holds the same compressed bytes, behind headers without the files' names and times.
std::map<std::string, std::string> published_files() {
  constexpr std::uint32_t train_time = 1504176606, test_time = 1504176627;
  std::map<std::string, std::string> files;
  for (const std::string name :
       {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}) {
    const std::uint32_t time = name.starts_with("train") ? train_time : test_time;
    std::string header = {'\x1F', '\x8B', 8, 8};
    for (const int shift : {0, 8, 16, 24}) header += static_cast<char>(time >> shift & 0xFFU);
    header += {0, 3};
    files[name + ".gz"] = header + name + '\0' + read_text(package_folder / (name + ".gz")).substr(10);
  }
  return files;
}

bool has_package() {
  if (fs::exists(package_folder / "train-images-idx3-ubyte.gz")) return true;
  MESSAGE("skipped: the package dataset-fashion-mnist is not installed");
  return false;
}

/// tiny_config() on fashion_mnist, fetched from `mirror` into data/fashion.
void write_config(const TemporaryFolder& folder, const std::string& mirror) {
  const std::string digits = "digits: {train: 100, test: 50}";
  std::string config = tiny_config();
  config.replace(config.find(digits), digits.size(), "fashion_mnist: {root: data/fashion, download: true, mirror: '" + mirror + "'}");
  write_text(folder.path() / "fashion.yaml", config);
}

Result train(const TemporaryFolder& folder, const std::vector<std::string>& arguments = {}) {
  std::vector<std::string> words = {"train", "fashion.yaml", "--threads", "1", "--set", "data.limit=100", "--set", "train.epochs=1"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return run_program(folder.path(), words);
}

}  // namespace

TEST_CASE("train fetches the published files from a mirror, checks them, and trains on them; eval finds them there") {
  if (!has_package()) return;
  const TemporaryFolder folder;
  const auto files = published_files();
  const HttpServer server(serve_files(files));
  write_config(folder, server.url());
  const Result result = train(folder);
  INFO(result.err);
  REQUIRE(result.status == 0);
  CHECK(contains(result.err, "fetching " + server.url() + "train-images-idx3-ubyte.gz, 26.4 MB\n"));
  CHECK(contains(result.err, "fetching " + server.url() + "t10k-labels-idx1-ubyte.gz, "));
  CHECK(result.err.find_first_of("\r\033") == std::string::npos);  // no bar where nobody sees it
  for (const auto& [name, content] : files) CHECK(read_text(folder.path() / "data" / "fashion" / name) == content);
  CHECK(server.requests().size() == 4);
  CHECK(run_program(folder.path(), {"eval", "runs/tiny", "--threads", "1"}).status == 0);
  CHECK(server.requests().size() == 4);
}

TEST_CASE("what a checkpoint says of fetching is not done: that takes --set, and the mirror is the one that --set names") {
  if (!has_package()) return;
  const TemporaryFolder folder;
  const HttpServer server(serve_files(published_files())), other(serve_files(published_files()));
  write_config(folder, server.url());
  REQUIRE(train(folder).status == 0);
  const std::size_t fetched = server.requests().size();
  const fs::path labels = folder.path() / "data" / "fashion" / "t10k-labels-idx1-ubyte.gz";
  fs::remove(labels);
  for (const std::vector<std::string>& command : {std::vector<std::string>{"eval", "runs/tiny"}, {"train", "--resume", "runs/tiny"}}) {
    const Result result = run_program(folder.path(), command);
    CHECK(result.status == 2);
    CHECK(contains(result.err, "have them fetched with --set data.dataset.fashion_mnist.download=true"));
    CHECK_FALSE(fs::exists(labels));
  }
  CHECK(server.requests().size() == fetched);

  const Result evaluated =
      run_program(folder.path(), {"eval", "runs/tiny", "--json", "--set", "data.dataset.fashion_mnist.mirror=" + other.url()});
  INFO(evaluated.err);
  CHECK(evaluated.status == 0);
  CHECK(lines(evaluated.out).size() == 1);
  CHECK(server.requests().size() == fetched);
  CHECK(other.requests().size() == 1);
}

TEST_CASE("a download that was killed goes on in the next run") {
  if (!has_package()) return;
  const TemporaryFolder folder;
  constexpr std::size_t sent = 1'000'000;
  const auto files = published_files();
  const HttpServer slow([&](const HttpRequest& request) {
    HttpReply reply = serve_files(files)(request);
    reply.bytes.resize(reply.bytes.find("\r\n\r\n") + 4 + sent);
    reply.stalls = true;
    return reply;
  });
  write_config(folder, slow.url());
  const fs::path part = folder.path() / "data" / "fashion" / "train-images-idx3-ubyte.gz.part";
  {
    const Process process(folder.path(), {"train", "fashion.yaml", "--threads", "1"});
    std::error_code none;
    while (fs::file_size(part, none) != sent) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }  // kills it
  const HttpServer server(serve_files(files));
  const Result result = train(folder, {"--set", "data.dataset.fashion_mnist.mirror=" + server.url()});
  INFO(result.err);
  CHECK(result.status == 0);
  CHECK(contains(result.err, "train-images-idx3-ubyte.gz, 1.0 MB of 26.4 MB are here\n"));
  CHECK(server.requests().at(0).start == sent);
  CHECK_FALSE(fs::exists(part));
}

TEST_CASE("a download that fails ends with status 1, its address and a reason, and leaves no run") {
  const TemporaryFolder folder;
  const HttpServer server(serve_files({}));
  write_config(folder, server.url());
  const Result result = train(folder, {"--quiet"});
  CHECK(result.status == 1);
  CHECK(result.err == "cnnctl: error: data/fashion/train-images-idx3-ubyte.gz: cannot be fetched\n  " + server.url() +
                          "train-images-idx3-ubyte.gz: the server answered 404, there is no such file\n");
  CHECK_FALSE(fs::exists(folder.path() / "runs"));
}

TEST_CASE("a mirror that is wrong, or a folder that cannot be made, ends with status 2") {
  const TemporaryFolder folder;
  write_config(folder, "ftp://127.0.0.1/");
  const Result wrong = train(folder);
  CHECK(wrong.status == 2);
  CHECK(contains(wrong.err, "fashion.yaml:13:"));
  CHECK(contains(wrong.err, "mirror: 'ftp://127.0.0.1/' must begin with http:// or https://"));
  write_config(folder, "http://127.0.0.1:1/");
  write_text(folder.path() / "data", "a file");
  const Result blocked = train(folder);
  CHECK(blocked.status == 2);
  CHECK(contains(blocked.err, "data/fashion: this folder cannot be made: Not a directory"));
}

TEST_CASE("only what reads data fetches it") {
  const TemporaryFolder folder;
  const HttpServer server(serve_files({}));
  write_config(folder, server.url());
  CHECK(run_program(folder.path(), {"shape-check", "fashion.yaml"}).status == 0);
  CHECK(run_program(folder.path(), {"bench", "fashion.yaml", "--threads", "1", "--batch-size", "1"}).status == 0);
  CHECK(server.requests().empty());
}

}  // namespace cnnctl
