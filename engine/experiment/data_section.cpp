#include "engine/experiment/data_section.h"

#include <fmt/format.h>

namespace cnnctl {
namespace {

/// The keys of data as they are written. The items among them are read once their tables are at hand.
struct DataArguments : DataSpec {
  std::optional<Value> dataset_item;
  std::optional<Value> normalize_item;
  std::optional<Value> transforms_item;
};

/// The lists under transforms.
struct TransformLists {
  std::optional<Value> train;
  std::optional<Value> test;
};

const Schema<Normalize>& normalize_schema() {
  static const Schema<Normalize> schema =
      Schema<Normalize>("normalize", "(value - mean) / std for every channel, after bytes were scaled to [0, 1].",
                        "torchvision.transforms.Normalize")
          .required("mean", &Normalize::mean, "mean of each channel")
          .required("std", &Normalize::standard_deviation, "standard deviation of each channel", at_least(1e-30));
  return schema;
}

const Schema<TransformLists>& transforms_schema() {
  static const Schema<TransformLists> schema = Schema<TransformLists>("transforms", "What is done to images before they are normalized.")
                                                   .optional("train", &TransformLists::train, "a list, for the training images")
                                                   .optional("test", &TransformLists::test, "a list, for the images of other splits");
  return schema;
}

const Schema<DataArguments>& data_schema() {
  static const Schema<DataArguments> schema =
      Schema<DataArguments>("data", "What the network is trained and tested on.")
          .optional("dataset", &DataArguments::dataset_item,
                    "the dataset, as mnist or {mnist: {root: data/mnist}}; to be named where the config trains")
          .optional("shuffle", &DataSpec::shuffle, "draw the training images in a new order every epoch")
          .optional("normalize", &DataArguments::normalize_item, "{mean: [...], std: [...]}, a number a channel")
          .optional("transforms", &DataArguments::transforms_item,
                    "{train: [...], test: [...]}: what is done to images before they are normalized, as train: [horizontal_flip]")
          .optional("validation", &DataSpec::validation,
                    "share of the training images that is kept back, the same of each class, and evaluated after every epoch; train.seed "
                    "says which",
                    from_below(0, 1))
          .optional("limit", &DataSpec::limit, "the most images of each split, in the classes' proportions; train.seed says which",
                    at_least(1))
          .optional("workers", &DataSpec::workers, "threads that read, decode and transform image files ahead", between(1, 256))
          .optional(
              "on_error", &DataSpec::on_error,
              "what an image file that cannot be read does: stop; or skip, which trains on another one in its place, leaves it out of "
              "measurements and lists it at the end",
              {}, {"stop", "skip"});
  return schema;
}

/// `channels`: 0 where they are not to be held against, since the input is unknown or there is nothing to normalize yet.
void check_count(const Value& normalize, const char* key, std::int64_t channels, Diagnostics& diagnostics) {
  const Value& list = *normalize.find(key);
  const std::size_t count = list.items.size();
  if (channels == 0 || count == static_cast<std::size_t>(channels)) return;
  diagnostics.error(list.place, fmt::format("{} needs a number for every channel: the input has {}, here are {}", key, channels, count),
                    "write one for each, or turn it off by normalize: none");
}

std::optional<Normalize> read_normalize(const Value& value, std::int64_t channels, Diagnostics& diagnostics) {
  const auto normalize = normalize_schema().read(value, value.place, diagnostics);
  if (!normalize) return std::nullopt;
  check_count(value, "mean", channels, diagnostics);
  check_count(value, "std", channels, diagnostics);
  return normalize;
}

std::vector<Selection> read_transform_list(const Value& lists, const char* split, const Tables& tables, Diagnostics& diagnostics) {
  std::vector<Selection> transforms;
  const Value* list = lists.find(split);
  if (list == nullptr || list->is_null()) return transforms;
  if (!list->is_list()) {
    diagnostics.error(list->place, fmt::format("{} of transforms must be a list, not {}", split, describe(*list)),
                      fmt::format("write {}: [horizontal_flip]", split));
    return transforms;
  }
  for (const Value& item : list->items)
    if (std::optional<Selection> transform = select(item, "transform", tables.transforms, diagnostics))
      transforms.push_back(std::move(*transform));
  return transforms;
}

/// Reads both lists even where another key is wrong, so that all mistakes show at once.
void read_transforms(const Value& lists, const Tables& tables, DataSpec& spec, Diagnostics& diagnostics) {
  transforms_schema().read(lists, lists.place, diagnostics);
  spec.train_transforms = read_transform_list(lists, "train", tables, diagnostics);
  spec.test_transforms = read_transform_list(lists, "test", tables, diagnostics);
}

}  // namespace

DataSpec read_data(const Value& data, const Place& place, std::int64_t channels, const Tables& tables, Diagnostics& diagnostics) {
  if (data.is_null()) return {};
  // Read even where another key is wrong, so that all mistakes show at once.
  const Value* dataset = data.find("dataset");
  const bool is_named = dataset != nullptr && !is_none(*dataset);
  const std::optional<Selection> selection = is_named ? select(*dataset, "dataset", tables.datasets, diagnostics) : std::nullopt;
  const std::optional<DataArguments> arguments = data_schema().read(data, place, diagnostics);

  DataSpec spec = arguments.value_or(DataArguments{});
  if (arguments && arguments->normalize_item)
    spec.normalize = read_normalize(*arguments->normalize_item, is_named ? channels : 0, diagnostics);
  if (arguments && arguments->transforms_item) read_transforms(*arguments->transforms_item, tables, spec, diagnostics);
  if (selection) spec.dataset = *selection;
  return spec;
}

const Declaration& data_declaration() { return data_schema().declaration(); }

}  // namespace cnnctl
