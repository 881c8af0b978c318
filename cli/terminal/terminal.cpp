#include "cli/terminal/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/diagnostics/control.h"

namespace cnnctl {

void print(std::string_view text) {
  const std::string shown = without_controls(text);
  if (std::fwrite(shown.data(), 1, shown.size(), stdout) == shown.size() && std::fflush(stdout) == 0) return;
  if (errno == EPIPE) throw BrokenPipe();
  throw std::runtime_error(fmt::format("cannot write to standard output: {}", std::strerror(errno)));
}

void print_json(const nlohmann::json& json) { print(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"); }

bool is_terminal(std::FILE* stream) { return isatty(fileno(stream)) == 1; }

bool wants_color(std::FILE* stream) {
  const char* no_color = std::getenv("NO_COLOR");
  return (no_color == nullptr || *no_color == '\0') && is_terminal(stream);
}

std::size_t terminal_columns(std::FILE* stream) {
  winsize size{};
  const bool known = ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

void print_error(std::string_view message) {
  const char* format = wants_color(stderr) ? "cnnctl: \033[1;31merror:\033[0m {}\n" : "cnnctl: error: {}\n";
  const std::string line = fmt::format(fmt::runtime(format), without_controls(message));
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace cnnctl
