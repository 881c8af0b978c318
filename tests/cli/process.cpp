#include "tests/cli/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

int status_of(int wait_status) { return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status); }

}  // namespace

Process::Process(const std::filesystem::path& folder, const std::vector<std::string>& arguments, const std::vector<std::string>& added) {
  static std::atomic<int> count = 0;
  error_file_ = folder / ("stderr_" + std::to_string(count++));
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  fcntl(ends[1], F_SETPIPE_SZ, 4096);
  output_ = ends[0];

  std::vector<std::string> words = {CNNCTL_BINARY};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  const std::string cache = "XDG_CACHE_HOME=" + (folder / "cache").string();
  std::vector<char*> environment = {const_cast<char*>(cache.c_str())};
  for (const std::string& variable : added) environment.push_back(const_cast<char*>(variable.c_str()));
  for (char** variable = environ; *variable; ++variable)
    if (!std::string_view(*variable).starts_with("XDG_CACHE_HOME=")) environment.push_back(*variable);
  environment.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, error_file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int failure = posix_spawn(&pid_, CNNCTL_BINARY, &actions, nullptr, argv.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (failure != 0) throw std::runtime_error("cannot start " CNNCTL_BINARY);
}

Process::~Process() {
  close_output();
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  wait();
}

std::string Process::read_line() {
  std::string line;
  for (char c = 0; read(output_, &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

void Process::close_output() {
  if (output_ >= 0) close(output_);
  output_ = -1;
}

void Process::signal(int number) const { kill(pid_, number); }

int Process::signal_until_gone(int number) {
  for (;;) {
    kill(pid_, number);
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      return status_of(status);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

int Process::wait() {
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return status_of(status);
}

Result Process::finish() {
  Result result;
  char buffer[4096];
  for (ssize_t size = 0; output_ >= 0 && (size = read(output_, buffer, sizeof buffer)) > 0;)
    result.out.append(buffer, static_cast<std::size_t>(size));
  result.status = wait();
  result.err = read_text(error_file_);
  std::filesystem::remove(error_file_);
  return result;
}

Result run_program(const std::filesystem::path& folder, const std::vector<std::string>& arguments,
                   const std::vector<std::string>& environment) {
  return Process(folder, arguments, environment).finish();
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> result;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) result.push_back(line);
  return result;
}

std::string tiny_config() {
  return R"(name: tiny
input: [1, 28, 28]
model:
  - layer1:
      - conv: {out_channels: 4, kernel_size: 5, stride: 2}
      - batch_norm
      - relu
      - max_pool: {kernel_size: 2, stride: 2}
  - flatten
  - dropout: {p: 0.1}
  - linear: {name: fc, out_features: 10}
data:
  dataset: {digits: {train: 100, test: 50}}
train:
  epochs: 2
  batch_size: 20
  optimizer: {adam: {lr: 0.01}}
  log_every: 1
)";
}

Result train_tiny(const std::filesystem::path& folder, const std::vector<std::string>& arguments) {
  write_text(folder / "tiny.yaml", tiny_config());
  std::vector<std::string> words = {"train", "tiny.yaml", "--threads", "1"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return run_program(folder, words);
}

}  // namespace cnnctl
