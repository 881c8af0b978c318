#include "datasets/download/download.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <thread>

#include "datasets/download/sha256.h"
#include "tests/support/http_server.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

namespace fs = std::filesystem;

constexpr TransferLimits short_limits = {.connect_seconds = 2, .stall_seconds = 1};

/// Bytes that repeat only after 251 of them, so that a piece in the wrong place shows.
std::string pattern(std::size_t size, char first = 0) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(first + static_cast<char>(i % 251));
  return text;
}

const std::string content = pattern(100'000);

std::string sha256_of(const std::string& text) {
  const TemporaryFolder folder;
  write_text(folder.file("text"), text);
  return sha256_of_file(folder.file("text"));
}

/// The download of `content` as file.bin into the folder "data" in `folder`.
Download download_of(const TemporaryFolder& folder, const std::string& place) {
  return {{place}, {"file.bin", content.size(), sha256_of(content)}, folder.file("data")};
}

/// What of a download was told.
struct Heard {
  std::vector<std::string> lines;
  std::vector<std::uint64_t> starts;  // bytes that were there before each transfer
  std::uint64_t done = 0;

  DownloadListener listener() {
    DownloadListener result;
    result.line = [this](const std::string& line) { lines.push_back(line); };
    result.start = [this](const std::string&, const DownloadProgress& progress) { starts.push_back(progress.done); };
    result.progress = [this](const DownloadProgress& progress) { done = progress.done; };
    return result;
  }
};

template <class Call>
std::string download_error(Call&& call) {
  try {
    call();
  } catch (const DownloadError& error) {
    return error.what();
  }
  FAIL_CHECK("no DownloadError");
  return "";
}

std::string error_of(const Download& download) {
  return download_error([&] { fetch(download, {}, short_limits); });
}

/// A server whose only file is `text`, whatever its name.
HttpServer::Handler serve(const std::string& text) {
  return [text](const HttpRequest& request) { return http_content(text, request); };
}

/// As a connection that breaks: all headers, and no more than `count` bytes of the body.
HttpReply cut_off(HttpReply reply, std::size_t count) {
  reply.bytes.resize(std::min(reply.bytes.size(), reply.bytes.find("\r\n\r\n") + 4 + count));
  return reply;
}

}  // namespace

TEST_CASE("the SHA-256 of a file is that of FIPS 180-4's example") {
  CHECK(sha256_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_of(std::string(3 << 20, 'a')) != sha256_of(std::string((3 << 20) - 1, 'a')));
}

TEST_CASE("a file is fetched into a folder that is made for it, and not fetched again") {
  const TemporaryFolder folder;
  const HttpServer server(serve_files({{"file.bin", content}}));
  Heard heard;
  fetch(download_of(folder, server.url()), heard.listener());
  CHECK(read_text(folder.file("data/file.bin")) == content);
  CHECK(heard.done == content.size());
  CHECK(heard.starts == std::vector<std::uint64_t>{0});
  CHECK_FALSE(fs::exists(folder.file("data/file.bin.part")));
  fetch(download_of(folder, server.url()), {});
  CHECK(server.requests().size() == 1);
}

TEST_CASE("a place may be written without the slash at its end") {
  const TemporaryFolder folder;
  const HttpServer server(serve_files({{"file.bin", content}}));
  std::string place = server.url();
  place.pop_back();
  fetch(download_of(folder, place), {});
  CHECK(read_text(folder.file("data/file.bin")) == content);
}

TEST_CASE("a download that broke off goes on where it did") {
  const TemporaryFolder folder;
  fs::create_directory(folder.path() / "data");
  write_text(folder.file("data/file.bin.part"), content.substr(0, 40'000));
  const HttpServer server(serve(content));
  Heard heard;
  fetch(download_of(folder, server.url()), heard.listener());
  CHECK(read_text(folder.file("data/file.bin")) == content);
  REQUIRE(server.requests().size() == 1);
  CHECK(server.requests()[0].start == 40'000);
  CHECK(heard.starts == std::vector<std::uint64_t>{40'000});
}

TEST_CASE("a file that has arrived whole but was not renamed is not fetched again") {
  const TemporaryFolder folder;
  fs::create_directory(folder.path() / "data");
  write_text(folder.file("data/file.bin.part"), content);
  fetch(download_of(folder, "http://127.0.0.1:1/"), {});
  CHECK(read_text(folder.file("data/file.bin")) == content);
}

TEST_CASE("a server that ignores ranges sends the whole file, which replaces the part that was there") {
  const TemporaryFolder folder;
  fs::create_directory(folder.path() / "data");
  write_text(folder.file("data/file.bin.part"), content.substr(0, 40'000));
  const HttpServer server([](const HttpRequest&) { return http_reply("200 OK", content); });
  fetch(download_of(folder, server.url()), {});
  CHECK(read_text(folder.file("data/file.bin")) == content);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("a part of another version of the file is noticed by the hash, and the file fetched from its start") {
  const TemporaryFolder folder;
  fs::create_directory(folder.path() / "data");
  for (const std::size_t size : {std::size_t{40'000}, content.size(), content.size() + 1}) {
    write_text(folder.file("data/file.bin.part"), pattern(size, 'x'));
    const HttpServer server(serve(content));
    fetch(download_of(folder, server.url()), {});
    CHECK(read_text(folder.file("data/file.bin")) == content);
    CHECK(server.requests().back().start == 0);
    fs::remove(folder.path() / "data" / "file.bin");
  }
}

TEST_CASE("a part longer than the server's file is fetched from its start") {
  const TemporaryFolder folder;
  fs::create_directory(folder.path() / "data");
  write_text(folder.file("data/file.bin.part"), content.substr(0, 40'000));
  const HttpServer server(serve(content.substr(0, 30'000)));
  const std::string message = error_of(download_of(folder, server.url()));
  CHECK(contains(message, "file.bin: is 30000 bytes long, not the 100000 of the published file"));
  CHECK(server.requests().size() == 2);
}

TEST_CASE("a connection that breaks is taken up again, as long as it gives something") {
  const TemporaryFolder folder;
  const HttpServer server([](const HttpRequest& request) { return cut_off(http_content(content, request), 30'000); });
  Download download = download_of(folder, server.url());
  Heard heard;
  const std::string message = download_error([&] {
    // The last piece is shorter than 30,000 bytes and so comes whole.
    fetch(download, heard.listener(), short_limits);
    throw DownloadError("done");
  });
  CHECK(message == "done");
  CHECK(heard.starts == std::vector<std::uint64_t>{0, 30'000, 60'000, 90'000});
  CHECK(read_text(folder.file("data/file.bin")) == content);
}

TEST_CASE("a server that breaks off and changes the file again and again is given up") {
  const TemporaryFolder folder;
  const HttpServer server([](const HttpRequest& request) {
    const HttpReply reply = http_content(pattern(content.size(), 'x'), request);
    return request.has_range ? reply : cut_off(reply, 30'000);
  });
  CHECK(contains(error_of(download_of(folder, server.url())), server.url() + "file.bin: "));
  CHECK(server.requests().size() == 6);
}

TEST_CASE("a truncated transfer is an error with the address, and what came is kept") {
  const TemporaryFolder folder;
  const HttpServer server([](const HttpRequest& request) {
    return request.has_range ? cut_off(http_content(content, request), 0) : cut_off(http_content(content, request), 70'000);
  });
  const std::string message = error_of(download_of(folder, server.url()));
  CHECK(contains(message, folder.file("data/file.bin") + ": cannot be fetched"));
  CHECK(contains(message, server.url() + "file.bin: "));
  CHECK(contains(message, "70000 of 100000 bytes are kept for the next try"));
  CHECK(read_text(folder.file("data/file.bin.part")) == content.substr(0, 70'000));
  CHECK_FALSE(fs::exists(folder.file("data/file.bin")));
}

TEST_CASE("a wrong hash, a file too long and a file too short are errors that leave nothing behind") {
  const TemporaryFolder folder;
  for (const auto& [sent, words] :
       std::map<std::string, std::string>{{pattern(content.size(), 'x'), "is another file than the published one: its SHA-256 is"},
                                          {content + "more", "is longer than the 100000 bytes of the published file"},
                                          {content.substr(1), "is 99999 bytes long, not the 100000 of the published file"},
                                          {"", "is 0 bytes long"}}) {
    const HttpServer server(serve(sent));
    const std::string message = error_of(download_of(folder, server.url()));
    CHECK(contains(message, server.url() + "file.bin: " + words));
    CHECK(fs::is_empty(folder.file("data")));
    CHECK(server.requests().size() == 1);
  }
}

TEST_CASE("an endless answer without a length is ended where it is too long") {
  const TemporaryFolder folder;
  const HttpServer server([](const HttpRequest&) {
    return HttpReply{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + pattern(5'000'000), true};
  });
  CHECK(contains(error_of(download_of(folder, server.url())), "is longer than the 100000 bytes"));
}

TEST_CASE("a file that is not there, a server that is broken or absent: errors with the address and the reason") {
  const TemporaryFolder folder;
  {
    const HttpServer server(serve_files({}));
    CHECK(contains(error_of(download_of(folder, server.url())), server.url() + "file.bin: the server answered 404, there is no such file"));
  }
  {
    const HttpServer server([](const HttpRequest&) { return http_reply("503 Service Unavailable", "later"); });
    CHECK(contains(error_of(download_of(folder, server.url())), "the server answered 503"));
  }
  {
    const HttpServer server([](const HttpRequest&) { return HttpReply{"I speak something else\r\n\r\n"}; });
    CHECK(contains(error_of(download_of(folder, server.url())), server.url() + "file.bin: "));
  }
  CHECK(contains(error_of(download_of(folder, "http://127.0.0.1:1/")), "127.0.0.1:1/file.bin: Failed to connect"));
  CHECK(fs::is_empty(folder.file("data")));
}

TEST_CASE("a server that falls silent is given up, and what came before is kept") {
  const TemporaryFolder folder;
  fs::create_directory(folder.path() / "data");
  write_text(folder.file("data/file.bin.part"), content.substr(0, 500));
  const HttpServer server([](const HttpRequest& request) {
    HttpReply reply = cut_off(http_content(content, request), 0);
    reply.stalls = true;
    return reply;
  });
  const std::string message = error_of(download_of(folder, server.url()));
  CHECK(contains(message, server.url() + "file.bin: the server sent nothing for 1 s"));
  CHECK(contains(message, "500 of 100000 bytes are kept"));
}

TEST_CASE("redirects are followed to http and https, and to nothing else") {
  const TemporaryFolder folder;
  write_text(folder.file("secret"), content);
  const HttpServer other(serve_files({{"elsewhere", content}}));
  {
    const HttpServer server([&](const HttpRequest&) { return http_redirect(other.url() + "elsewhere"); });
    fetch(download_of(folder, server.url()), {});
    CHECK(read_text(folder.file("data/file.bin")) == content);
    fs::remove(folder.path() / "data" / "file.bin");
  }
  for (const std::string& to : {"file://" + folder.file("secret"), std::string("ftp://127.0.0.1:1/file.bin")}) {
    const HttpServer server([&](const HttpRequest&) { return http_redirect(to); });
    CHECK(contains(error_of(download_of(folder, server.url())), "Protocol \"" + to.substr(0, to.find(':')) + "\" "));
  }
  const HttpServer circle([](const HttpRequest& request) { return http_redirect(request.path); });
  CHECK(contains(error_of(download_of(folder, circle.url())), "Maximum (10) redirects followed"));
  CHECK(contains(error_of(download_of(folder, "file://" + folder.path().string())), "Protocol \"file\" "));
}

TEST_CASE("places are tried one after another, and the error names all") {
  const TemporaryFolder folder;
  const HttpServer good(serve(content)), bad(serve_files({}));
  Download download = download_of(folder, bad.url());
  download.places.push_back(good.url());
  Heard heard;
  fetch(download, heard.listener());
  CHECK(read_text(folder.file("data/file.bin")) == content);
  REQUIRE(heard.lines.size() == 1);
  CHECK(contains(heard.lines[0], bad.url() + "file.bin: the server answered 404"));
  fs::remove(folder.path() / "data" / "file.bin");
  download.places = {bad.url(), "http://127.0.0.1:1/"};
  const std::string message = error_of(download);
  CHECK(contains(message, bad.url() + "file.bin: "));
  CHECK(contains(message, "http://127.0.0.1:1/file.bin: "));
}

TEST_CASE("a folder that cannot be made or written to is an error that names it") {
  const TemporaryFolder folder;
  Download download = download_of(folder, "http://127.0.0.1:1/");
  write_text(folder.file("file"), "");
  download.folder = folder.file("file/below");
  CHECK(contains(input_error([&] { fetch(download, {}); }), folder.file("file/below") + ": this folder cannot be made: Not a directory"));
  download.folder = "/proc/self";  // which even root cannot write to
  CHECK(contains(input_error([&] { fetch(download, {}); }), "/proc/self/file.bin.part: cannot be written: "));
}

TEST_CASE("a part that is a link or no file is refused") {
  const TemporaryFolder folder;
  const Download download = download_of(folder, "http://127.0.0.1:1/");
  fs::create_directory(folder.path() / "data");
  fs::create_symlink(folder.path() / "target", folder.path() / "data" / "file.bin.part");
  CHECK(contains(input_error([&] { fetch(download, {}); }), "file.bin.part: cannot be written: "));
  CHECK_FALSE(fs::exists(folder.path() / "target"));
}

TEST_CASE("a full disk is an error with the file's name, and what could be written is kept") {
  const TemporaryFolder folder;
  const HttpServer server(serve(content));
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small = {50'000, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  std::string message;
  try {
    fetch(download_of(folder, server.url()), {});
  } catch (const std::runtime_error& error) {
    message = error.what();
  }
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK(message == folder.file("data/file.bin.part") + ": cannot be written: File too large");
  CHECK(fs::file_size(folder.file("data/file.bin.part")) == 50'000);
  fetch(download_of(folder, server.url()), {});
  CHECK(read_text(folder.file("data/file.bin")) == content);
}

TEST_CASE("two that want the same file fetch it once") {
  const TemporaryFolder folder;
  std::atomic<bool> second_waits = false;
  const HttpServer server([&](const HttpRequest& request) {
    while (!second_waits) std::this_thread::yield();
    return http_content(content, request);
  });
  const Download download = download_of(folder, server.url());
  std::thread first([&] { fetch(download, {}); });
  while (server.requests().empty()) std::this_thread::yield();
  DownloadListener listener;
  listener.line = [&](const std::string& line) { second_waits = contains(line, "waiting for another process"); };
  fetch(download, listener);
  first.join();
  CHECK(read_text(folder.file("data/file.bin")) == content);
  CHECK(server.requests().size() == 1);
  CHECK_FALSE(fs::exists(folder.file("data/file.bin.part")));
}

}  // namespace cnnctl
