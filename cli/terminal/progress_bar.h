#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace cnnctl {

/// What a progress bar shows.
struct ProgressState {
  std::int64_t epoch = 0;
  std::int64_t epochs = 0;
  std::int64_t done = 0;   // images in the whole run
  std::int64_t total = 0;  // of as many
  double images_per_second = 0;
  double seconds_left = 0;
};

/// What it shows while a file is fetched.
struct FetchState {
  std::string file;
  std::int64_t done = 0;   // bytes
  std::int64_t total = 0;  // of as many
  double bytes_per_second = 0;
};

/// The bar as one line that fills no more than `columns` characters:
/// "Epoch 2/5 [########            ]  40 %  12,345 images/s  0:21 left".
std::string progress_line(const ProgressState& state, std::size_t columns);
/// "images.gz [########            ]  40 %  1.2 MB/s  0:21 left".
std::string fetch_line(const FetchState& state, std::size_t columns);

/// A progress bar in the last line of the terminal on standard error, redrawn at most ten times a second. Where `enabled` is false it
/// shows nothing.
class ProgressBar {
 public:
  explicit ProgressBar(bool enabled) : enabled_(enabled) {}
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// True where it is time to draw again. Asking is cheap.
  bool is_due() const;
  void draw(const ProgressState& state);
  void draw(const FetchState& state);
  /// Takes the bar away, to be called before anything else is printed; the next draw() brings it back.
  void clear();

 private:
  void show(const std::string& line);

  bool enabled_;
  bool visible_ = false;
  std::chrono::steady_clock::time_point drawn_;
};

}  // namespace cnnctl
