#include "engine/experiment/data_section.h"

#include <fmt/format.h>

#include "engine/experiment/later_keys.h"

namespace cnnctl {
namespace {

/// The keys of data as they are written. The items among them are read once their tables are at hand.
struct DataArguments : DataSpec {
  Value dataset_item;
  std::optional<Value> normalize_item;
};

const Schema<Normalize>& normalize_schema() {
  static const Schema<Normalize> schema =
      Schema<Normalize>("normalize", "(value - mean) / std for every channel, after bytes were scaled to [0, 1].",
                        "torchvision.transforms.Normalize")
          .required("mean", &Normalize::mean, "mean of each channel")
          .required("std", &Normalize::standard_deviation, "standard deviation of each channel", at_least(1e-30));
  return schema;
}

const Schema<DataArguments>& data_schema() {
  static const Schema<DataArguments> schema =
      Schema<DataArguments>("data", "What the network is trained and tested on.")
          .required("dataset", &DataArguments::dataset_item, "the dataset, as mnist or {mnist: {root: data/mnist}}")
          .optional("shuffle", static_cast<bool DataArguments::*>(&DataSpec::shuffle),
                    "draw the training images in a new order every epoch")
          .optional("normalize", &DataArguments::normalize_item, "{mean: [...], std: [...]}, a number a channel");
  return schema;
}

const std::vector<LaterKey>& later_keys() {
  static const std::vector<LaterKey> keys = {
      {"transforms", "", ""}, {"validation", "", "until then the test images are evaluated after every epoch"},
      {"limit", "", ""},      {"workers", "", ""},
      {"on_error", "", ""},
  };
  return keys;
}

void check_count(const Value& normalize, const char* key, std::int64_t channels, Diagnostics& diagnostics) {
  const Value& list = *normalize.find(key);
  const std::size_t count = list.items.size();
  if (channels == 0 || count == static_cast<std::size_t>(channels)) return;
  diagnostics.error(list.place, fmt::format("{} needs a number for every channel: the input has {}, here are {}", key, channels, count));
}

std::optional<Normalize> read_normalize(const Value& value, std::int64_t channels, Diagnostics& diagnostics) {
  const auto normalize = normalize_schema().read(value, value.place, diagnostics);
  if (!normalize) return std::nullopt;
  check_count(value, "mean", channels, diagnostics);
  check_count(value, "std", channels, diagnostics);
  return normalize;
}

}  // namespace

DataSpec read_data(const Value& data, const Place& place, std::int64_t channels, const Tables& tables, Diagnostics& diagnostics) {
  if (data.is_null()) return {};
  const Value known = without_later_keys(data, later_keys(), diagnostics);
  // Read even where another key is wrong, so that all mistakes show at once.
  const Value* dataset = known.find("dataset");
  const std::optional<Selection> selection = dataset ? select(*dataset, "dataset", tables.datasets, diagnostics) : std::nullopt;
  const std::optional<DataArguments> arguments = data_schema().read(known, place, diagnostics);

  DataSpec spec = arguments.value_or(DataArguments{});
  if (arguments && arguments->normalize_item) spec.normalize = read_normalize(*arguments->normalize_item, channels, diagnostics);
  if (selection) spec.dataset = *selection;
  return spec;
}

const Declaration& data_declaration() { return data_schema().declaration(); }

}  // namespace cnnctl
