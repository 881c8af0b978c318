#include "cli/commands/download.h"

#include <cstdio>

#include <fmt/format.h>

#include "cli/terminal/numbers.h"
#include "cli/terminal/progress_bar.h"
#include "cli/terminal/terminal.h"
#include "datasets/dataset.h"
#include "engine/runtime/timing.h"

namespace cnnctl {
namespace {

/// Shows what a download tells.
class DownloadOutput {
 public:
  explicit DownloadOutput(bool quiet) : quiet_(quiet), bar_(!quiet && is_terminal(stderr)) {}

  DownloadListener listener() {
    DownloadListener listener;
    listener.line = [this](const std::string& text) { line(text); };
    listener.start = [this](const std::string& url, const DownloadProgress& progress) { start(url, progress); };
    listener.progress = [this](const DownloadProgress& progress) { show(progress); };
    return listener;
  }

 private:
  void line(const std::string& text) {
    bar_.clear();
    if (!quiet_) fmt::print(stderr, "{}\n", text);
  }

  void start(const std::string& url, const DownloadProgress& progress) {
    const std::string size = readable_bytes(static_cast<std::int64_t>(progress.size));
    const std::string there = readable_bytes(static_cast<std::int64_t>(progress.done));
    line(progress.done == 0 ? fmt::format("fetching {}, {}", url, size) : fmt::format("fetching {}, {} of {} are here", url, there, size));
    start_ = Clock::now();
    done_before_ = progress.done;
  }

  void show(const DownloadProgress& progress) {
    if (progress.done == progress.size) bar_.clear();
    if (progress.done == progress.size || !bar_.is_due()) return;
    // A server that ignored where to begin sends what was there before once more.
    const std::uint64_t fetched = progress.done > done_before_ ? progress.done - done_before_ : progress.done;
    const double seconds = seconds_since(start_);
    bar_.draw(FetchState{progress.file, static_cast<std::int64_t>(progress.done), static_cast<std::int64_t>(progress.size),
                         seconds > 0 ? static_cast<double>(fetched) / seconds : 0});
  }

  bool quiet_;
  ProgressBar bar_;
  Clock::time_point start_ = Clock::now();
  std::uint64_t done_before_ = 0;
};

}  // namespace

void download_data(const Experiment& experiment, bool quiet) {
  if (experiment.data.dataset.type.empty()) return;  // whoever reads it says so
  DownloadOutput output(quiet);
  download_dataset(experiment.data.dataset, output.listener());
}

}  // namespace cnnctl
