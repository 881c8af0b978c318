#include "engine/training/metrics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "engine/formats/atomic_file.h"
#include "engine/formats/input_file.h"

namespace cnnctl {
namespace {

constexpr std::string_view tested_header = "epoch,step,train_loss,test_loss,test_accuracy,lr,images_per_second,seconds";
constexpr std::string_view validated_header =
    "epoch,step,train_loss,test_loss,test_accuracy,lr,images_per_second,seconds,validation_loss,validation_accuracy";

/// The epoch of a row, or 0 where the line is no whole row.
std::int64_t epoch_of(std::string_view line, std::string_view header) {
  if (std::count(line.begin(), line.end(), ',') != std::count(header.begin(), header.end(), ',')) return 0;
  std::int64_t epoch = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), epoch);
  return error == std::errc{} && *end == ',' ? epoch : 0;
}

/// The header and the rows of the file that a run resumed after `epochs_done` epochs keeps.
std::string kept_text(const std::string& path, std::int64_t epochs_done, std::string_view header) {
  std::string text = fmt::format("{}\n", header);
  if (epochs_done == 0) return text;
  if (!may_exist(path)) return text;
  const std::string old = InputFile(path).read_rest();
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = old.find('\n', begin)) != std::string::npos; begin = end + 1) {  // what has no line break was cut off
    const auto line = std::string_view(old).substr(begin, end - begin);
    if (const std::int64_t epoch = epoch_of(line, header); epoch >= 1 && epoch <= epochs_done) text.append(line).append("\n");
  }
  return text;
}

/// Returns the file's size.
std::int64_t rewrite(const std::string& path, const std::string& text) {
  write_file_atomically(path, std::array<std::string_view, 1>{text});
  return static_cast<std::int64_t>(text.size());
}

}  // namespace

MetricsFile::MetricsFile(const std::string& path, std::int64_t epochs_done, bool validated)
    : validated_(validated), file_(path, rewrite(path, kept_text(path, epochs_done, validated ? validated_header : tested_header))) {}

void MetricsFile::write(const EpochMetrics& metrics) {
  const std::string measured = metrics.test.images > 0 ? fmt::format("{:.6g},{:.6g}", metrics.test.loss, metrics.test.accuracy()) : ",";
  file_.append(fmt::format("{},{},{:.6g},{},{:.6g},{:.1f},{:.3f}{}\n", metrics.epoch, metrics.step, metrics.train_loss,
                           validated_ ? "," : measured, metrics.lr, metrics.images_per_second, metrics.seconds,
                           validated_ ? "," + measured : ""));
}

}  // namespace cnnctl
