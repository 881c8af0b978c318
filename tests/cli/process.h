#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace cnnctl {

/// What a finished run of the program left behind.
struct Result {
  int status = -1;  // the exit status; 128 + the signal where one ended it
  std::string out;
  std::string err;
};

/// The program, running in a folder that also holds its caches, with its standard output in a pipe that only read_line() and finish()
/// empty: with more output than the pipe holds (a page) it waits, so that a test can act at a known moment.
class Process {
 public:
  /// `environment`: what is added to it, as NAME=VALUE.
  Process(const std::filesystem::path& folder, const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// The next line of its standard output, without the line break; "" at the end.
  std::string read_line();
  void close_output();
  void signal(int number) const;
  /// Sends the signal again and again until the program is gone, without reading its output; returns its status.
  int signal_until_gone(int number);
  /// Reads all output and waits for the end.
  Result finish();

 private:
  int wait();

  std::filesystem::path error_file_;
  int pid_ = -1;
  int output_ = -1;
};

/// Runs the program to its end.
Result run_program(const std::filesystem::path& folder, const std::vector<std::string>& arguments,
                   const std::vector<std::string>& environment = {});

/// The lines of a text.
std::vector<std::string> lines(const std::string& text);

/// A small network on few digits, as a config: 5 steps of 20 images an epoch, 2 epochs, a line a step.
std::string tiny_config();

/// `arguments` behind "train tiny.yaml --threads 1", in a folder into which tiny_config() is written.
Result train_tiny(const std::filesystem::path& folder, const std::vector<std::string>& arguments = {});

}  // namespace cnnctl
