#pragma once

#include <cstddef>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace cnnctl {

/// Whatever reads standard output went away, as `head` does.
class BrokenPipe : public std::exception {
 public:
  const char* what() const noexcept override { return "standard output was closed"; }
};

/// Writes to standard output, without control characters, and flushes, so that a pipe's reader sees each line as it comes. Throws
/// BrokenPipe (where SIGPIPE is ignored) or std::runtime_error with the system's reason.
void print(std::string_view text);

/// A JSON value on one line. Text that is not UTF-8 is replaced, not refused.
void print_json(const nlohmann::json& json);

/// True where the stream is a terminal.
bool is_terminal(std::FILE* stream);

/// True where the stream may be coloured: a terminal, with NO_COLOR unset or empty. Source: https://no-color.org
bool wants_color(std::FILE* stream);

/// Columns of the terminal on `stream`; 80 where it does not say.
std::size_t terminal_columns(std::FILE* stream);

/// "cnnctl: error: message" on standard error, with colours where it wants them. Ends the line.
void print_error(std::string_view message);

}  // namespace cnnctl
