#include "engine/training/metrics.h"

#include <algorithm>

#include "tests/fuzz/fuzz.h"
#include "tests/support/temporary_folder.h"

namespace {

/// Whether a text is lines of so many commas, the first of them the header and the others rows of the epochs up to `epochs`.
bool is_whole(std::string_view text, std::int64_t epochs) {
  const auto commas = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(text.find('\n')), ',');
  for (bool first = true; !text.empty(); first = false) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return false;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (std::count(line.begin(), line.end(), ',') != commas) return false;
    if (!first && (line.front() < '0' || line.front() > '9' || std::stoll(std::string(line)) > epochs)) return false;
  }
  return true;
}

}  // namespace

// A resumed run's metrics.csv; the first byte says after how many epochs. What is left of it is whole, and the next row follows.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cnnctl;
  if (size == 0) return 0;
  static const TemporaryFolder folder;
  const std::string path = folder.file("metrics.csv");
  write_text(path, std::string(text_of(data, size).substr(1)));
  const std::int64_t epochs = data[0] / 2;
  MetricsFile metrics(path, epochs, data[0] % 2 == 1);
  metrics.write({.epoch = epochs + 1, .step = 1, .train_loss = 0.5, .test = {}, .lr = 0.1, .images_per_second = 1, .seconds = 1});
  if (!is_whole(read_text(path), epochs + 1)) __builtin_trap();
  return 0;
}
