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

}  // namespace

std::string progress_line(const ProgressState& state, std::size_t columns) {
  const double share = state.total > 0 ? std::clamp(static_cast<double>(state.done) / static_cast<double>(state.total), 0.0, 1.0) : 0.0;
  const std::string before = fmt::format("Epoch {}/{} ", state.epoch, state.epochs);
  const std::string after = fmt::format(" {:3.0f} %  {} images/s  {} left", std::floor(share * 100),
                                        with_separators(std::llround(state.images_per_second)), readable_seconds(state.seconds_left));
  const std::size_t taken = before.size() + after.size() + 2;
  if (columns < taken + narrowest_bar) return (before + after).substr(0, columns);
  const std::size_t width = std::min(widest_bar, columns - taken);
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(width));
  return before + "[" + std::string(filled, '#') + std::string(width - filled, ' ') + "]" + after;
}

bool ProgressBar::is_due() const { return enabled_ && (!visible_ || std::chrono::steady_clock::now() - drawn_ >= redraw_interval); }

void ProgressBar::draw(const ProgressState& state) {
  if (!enabled_) return;
  // One column stays free: some terminals wrap a full line.
  write_to_stderr("\r\033[K" + progress_line(state, terminal_columns(stderr) - 1));
  visible_ = true;
  drawn_ = std::chrono::steady_clock::now();
}

void ProgressBar::clear() {
  if (!visible_) return;
  write_to_stderr("\r\033[K");
  visible_ = false;
}

}  // namespace cnnctl
