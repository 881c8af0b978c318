#include "cli/commands/data_report.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/terminal/numbers.h"
#include "cli/terminal/table.h"

namespace cnnctl {
namespace {

/// "0.4914, 0.4822, 0.4465".
std::string numbers_text(const std::vector<double>& numbers) { return fmt::format("{:.4f}", fmt::join(numbers, ", ")); }

/// "28", or "120 to 500, median 375".
std::string to_text(const Extent& extent) {
  if (extent.least == extent.greatest) return std::to_string(extent.least);
  return fmt::format("{} to {}, median {}", extent.least, extent.greatest, extent.median);
}

nlohmann::json to_json(const Extent& extent) { return {{"min", extent.least}, {"median", extent.median}, {"max", extent.greatest}}; }

std::string class_table(const DataReport& report) {
  std::vector<Table::Column> columns = {{"class"}};
  for (const DataPart& part : report.parts) columns.push_back({part.name, Table::Align::right});
  Table table(columns);
  for (std::size_t i = 0; i < report.classes.size(); ++i) {
    std::vector<std::string> row = {report.classes[i]};
    for (const DataPart& part : report.parts) row.push_back(with_separators(part.statistics.class_counts[i]));
    table.add(row);
  }
  return table.text();
}

std::string part_table(const DataReport& report) {
  Table table({{"split"},
               {"images", Table::Align::right},
               {"height", Table::Align::right},
               {"width", Table::Align::right},
               {"mean", Table::Align::right},
               {"std", Table::Align::right}});
  for (const auto& [name, statistics] : report.parts)
    table.add({name, with_separators(statistics.images), to_text(statistics.height), to_text(statistics.width),
               numbers_text(statistics.channels.means), numbers_text(statistics.channels.deviations)});
  return table.text();
}

/// "" where the images cannot be normalized.
std::string normalize_line(const DataReport& report) {
  const ChannelStatistics& channels = report.parts.front().statistics.channels;
  const bool varied = std::all_of(channels.deviations.begin(), channels.deviations.end(), [](double each) { return each >= 1e-4; });
  if (!report.scaled || !varied) return "";
  return fmt::format("\nTo normalize by the training images: --set 'data.normalize={{mean: [{}], std: [{}]}}'\n",
                     numbers_text(channels.means), numbers_text(channels.deviations));
}

}  // namespace

std::string to_text(const DataReport& report) { return class_table(report) + "\n" + part_table(report) + normalize_line(report); }

nlohmann::json to_json(const DataReport& report) {
  nlohmann::json splits = nlohmann::json::array();
  for (const auto& [name, statistics] : report.parts)
    splits.push_back({{"split", name},
                      {"images", statistics.images},
                      {"class_counts", statistics.class_counts},
                      {"height", to_json(statistics.height)},
                      {"width", to_json(statistics.width)},
                      {"mean", statistics.channels.means},
                      {"std", statistics.channels.deviations},
                      {"unreadable", statistics.unreadable}});
  return {{"dataset", report.dataset}, {"classes", report.classes}, {"splits", std::move(splits)}};
}

}  // namespace cnnctl
