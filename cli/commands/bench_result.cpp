#include "cli/commands/bench_result.h"

#include <limits>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/diagnostics/diagnostic.h"
#include "engine/formats/input_file.h"

namespace cnnctl {
namespace {

constexpr std::uint64_t largest_file = std::uint64_t{16} << 20U;  // bytes
constexpr int deepest = 8;                                        // levels; a result has four, in an array

[[noreturn]] void refuse(const std::string& path, const std::string& reason) {
  throw InputError(
      fmt::format("{}: {}; it should hold what 'cnnctl bench CONFIG --json' prints, one object a line or an array of them", path, reason));
}

/// An object of the file, and where it stands for messages.
class Fields {
 public:
  Fields(const nlohmann::json& object, std::string path, std::string name)
      : object_(object), path_(std::move(path)), name_(std::move(name)) {
    if (!object.is_object()) refuse(path_, name_ + " is no object");
  }

  std::string text(const char* key) const {
    const nlohmann::json& value = at(key);
    if (!value.is_string()) refuse(path_, fmt::format("{}'s {} is no text", name_, key));
    return value.get<std::string>();
  }

  /// Not negative.
  double number(const char* key) const {
    const nlohmann::json& value = at(key);
    if (!value.is_number() || !(value.get<double>() >= 0)) refuse(path_, fmt::format("{}'s {} is no number from 0", name_, key));
    return value.get<double>();
  }

  double positive_number(const char* key) const {
    const double value = number(key);
    if (value == 0) refuse(path_, fmt::format("{}'s {} is 0", name_, key));
    return value;
  }

  int count(const char* key) const {
    const nlohmann::json& value = at(key);
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > std::numeric_limits<int>::max())
      refuse(path_, fmt::format("{}'s {} is no whole number", name_, key));
    return value.get<int>();
  }

  /// Null where there are none.
  const nlohmann::json* rows(const char* key) const {
    const auto found = object_.find(key);
    if (found == object_.end()) return nullptr;
    if (!found->is_array()) refuse(path_, fmt::format("{}'s {} is no array", name_, key));
    return &*found;
  }

 private:
  const nlohmann::json& at(const char* key) const {
    const auto found = object_.find(key);
    if (found == object_.end()) refuse(path_, fmt::format("{} has no {}", name_, key));
    return *found;
  }

  const nlohmann::json& object_;
  std::string path_;
  std::string name_;
};

std::vector<StepTime> read_layers(const nlohmann::json& rows, const std::string& path, const std::string& name) {
  std::vector<StepTime> layers;
  for (const nlohmann::json& row : rows) {
    const Fields fields(row, path, fmt::format("row {} of {}'s layers", layers.size() + 1, name));
    layers.push_back({.layer = fields.text("layer"),
                      .pass = fields.text("pass"),
                      .implementation = fields.text("implementation"),
                      .format = fields.text("format"),
                      .milliseconds = fields.number("ms"),
                      .gflops = fields.number("gflops")});
  }
  return layers;
}

BenchResult read_result(const nlohmann::json& object, const std::string& path, const std::string& name) {
  const Fields fields(object, path, name);
  BenchResult result{.model = fields.text("model"),
                     .mode = fields.text("mode"),
                     .precision = fields.text("precision"),
                     .batch_size = fields.count("batch_size"),
                     .threads = fields.count("threads"),
                     .ms_per_step = fields.positive_number("ms_per_step"),
                     .images_per_second = fields.positive_number("images_per_second"),
                     .gflops = fields.number("gflops"),
                     .peak_rss_mb = fields.number("peak_rss_mb"),
                     .setup_seconds = fields.number("setup_seconds"),
                     .layers = std::nullopt};
  if (const nlohmann::json* rows = fields.rows("layers")) result.layers = read_layers(*rows, path, name);
  return result;
}

std::string read_text(const std::string& path) {
  InputFile file(path);
  if (file.size() > largest_file) refuse(path, "is larger than 16 MiB");
  return file.read_rest();
}

/// Discarded where the text is no JSON.
nlohmann::json parse(const std::string& text) {
  const auto shallow = [](int depth, nlohmann::json::parse_event_t, const nlohmann::json&) { return depth < deepest; };
  return nlohmann::json::parse(text, shallow, false);
}

}  // namespace

nlohmann::json to_json(const BenchResult& result) {
  nlohmann::json json = {{"model", result.model},
                         {"mode", result.mode},
                         {"precision", result.precision},
                         {"batch_size", result.batch_size},
                         {"threads", result.threads},
                         {"ms_per_step", result.ms_per_step},
                         {"images_per_second", result.images_per_second},
                         {"gflops", result.gflops},
                         {"peak_rss_mb", result.peak_rss_mb},
                         {"setup_seconds", result.setup_seconds}};
  if (!result.layers) return json;
  nlohmann::json& layers = json["layers"] = nlohmann::json::array();
  for (const StepTime& time : *result.layers)
    layers.push_back({{"layer", time.layer},
                      {"pass", time.pass},
                      {"implementation", time.implementation},
                      {"format", time.format},
                      {"ms", time.milliseconds},
                      {"gflops", time.gflops}});
  return json;
}

std::vector<BenchResult> read_bench_results(const std::string& path) {
  const std::string text = read_text(path);
  std::vector<BenchResult> results;
  const auto add = [&](const nlohmann::json& object) {
    results.push_back(read_result(object, path, fmt::format("entry {}", results.size() + 1)));
  };
  const nlohmann::json whole = parse(text);
  if (whole.is_array()) {
    for (const nlohmann::json& object : whole) add(object);
  } else if (!whole.is_discarded()) {
    add(whole);
  } else {
    std::istringstream stream(text);
    int number = 0;
    for (std::string line; std::getline(stream, line);) {
      ++number;
      if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
      const nlohmann::json object = parse(line);
      if (object.is_discarded()) refuse(path, fmt::format("line {} is no JSON", number));
      add(object);
    }
  }
  if (results.empty()) refuse(path, "holds no run");
  return results;
}

std::string heading(const BenchResult& result) {
  return fmt::format("{} {} {}, batch size {}, {} thread{}", result.model, result.mode, result.precision, result.batch_size, result.threads,
                     result.threads == 1 ? "" : "s");
}

}  // namespace cnnctl
