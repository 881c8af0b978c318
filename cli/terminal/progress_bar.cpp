#include "cli/terminal/progress_bar.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>

#include "cli/terminal/numbers.h"
#include "cli/terminal/terminal.h"

namespace cnnctl {
namespace {

constexpr std::chrono::milliseconds redraw_interval(100);
constexpr std::size_t widest_bar = 40;
constexpr std::size_t narrowest_bar = 5;

void write_to_stderr(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

/// One column stays free: some terminals wrap a full line.
std::size_t free_columns() { return terminal_columns(stderr) - 1; }

/// A bar between two texts.
std::string bar_line(const std::string& before, double share, const std::string& after, std::size_t columns) {
  const std::size_t taken = before.size() + after.size() + 3;
  if (columns < taken + narrowest_bar) return (before + after).substr(0, columns);
  const std::size_t width = std::min(widest_bar, columns - taken);
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(width));
  return before + " [" + std::string(filled, '#') + std::string(width - filled, ' ') + "]" + after;
}

double share_of(std::int64_t done, std::int64_t total) {
  return total > 0 ? std::clamp(static_cast<double>(done) / static_cast<double>(total), 0.0, 1.0) : 0.0;
}

}  // namespace

std::string progress_line(const ProgressState& state, std::size_t columns) {
  const double share = share_of(state.done, state.total);
  const std::string after = fmt::format(" {:3.0f} %  {} images/s  {} left", std::floor(share * 100),
                                        with_separators(std::llround(state.images_per_second)), readable_seconds(state.seconds_left));
  return bar_line(fmt::format("Epoch {}/{}", state.epoch, state.epochs), share, after, columns);
}

std::string fetch_line(const FetchState& state, std::size_t columns) {
  const double share = share_of(state.done, state.total);
  std::string after = fmt::format(" {:3.0f} %", std::floor(share * 100));
  if (state.bytes_per_second > 0)
    after += fmt::format("  {}/s  {} left", readable_bytes(std::llround(state.bytes_per_second)),
                         readable_seconds(static_cast<double>(state.total - state.done) / state.bytes_per_second));
  return bar_line(state.file, share, after, columns);
}

bool ProgressBar::is_due() const { return enabled_ && (!visible_ || std::chrono::steady_clock::now() - drawn_ >= redraw_interval); }

void ProgressBar::draw(const ProgressState& state) { show(progress_line(state, free_columns())); }
void ProgressBar::draw(const FetchState& state) { show(fetch_line(state, free_columns())); }

void ProgressBar::show(const std::string& line) {
  if (!enabled_) return;
  write_to_stderr("\r\033[K" + line);
  visible_ = true;
  drawn_ = std::chrono::steady_clock::now();
}

void ProgressBar::clear() {
  if (!visible_) return;
  write_to_stderr("\r\033[K");
  visible_ = false;
}

}  // namespace cnnctl
