#include "engine/schema/print.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace cnnctl;

namespace {

struct PoolArguments {
  Size kernel_size;
  double momentum = 0.1;
  std::string mode = "max";
  std::vector<std::string> sides;
};

Declaration pool() {
  return Schema<PoolArguments>("pool", "Pooling.", "torch.nn.MaxPool2d")
      .required("kernel_size", &PoolArguments::kernel_size, "size of the window", at_least(1))
      .optional("momentum", &PoolArguments::momentum, "weight of a | b", from_below(0, 1))
      .optional("mode", &PoolArguments::mode, "what is kept", {}, {"max", "mean"})
      .optional("sides", &PoolArguments::sides, "where it pads", {}, {"left", "right"})
      .declaration();
}

}  // namespace

TEST_CASE("a range is written as one says it") {
  CHECK(to_string(Range{}) == "");
  CHECK(to_string(at_least(1)) == "at least 1");
  CHECK(to_string(above(0)) == "above 0");
  CHECK(to_string(between(0, 1)) == "in [0, 1]");
  CHECK(to_string(from_below(0, 0.5)) == "in [0, 0.5)");
  Range below;
  below.maximum = 3;
  CHECK(to_string(below) == "at most 3");
  below.open_maximum = true;
  CHECK(to_string(below) == "below 3");
}

TEST_CASE("a declaration for a terminal has a line an argument, in columns") {
  CHECK(to_text(pool()) ==
        "pool: Pooling.\n"
        "  as torch.nn.MaxPool2d\n"
        "  kernel_size  size, at least 1     required     size of the window\n"
        "  momentum     number, in [0, 1)    default 0.1  weight of a | b\n"
        "  mode         one of max, mean     default max  what is kept\n"
        "  sides        list of left, right  default []   where it pads\n");
  CHECK(to_text({"relu", "max(x, 0).", "", {}}) == "relu: max(x, 0).\n");
}

TEST_CASE("a declaration in Markdown has a table, whose cells escape bars") {
  CHECK(to_markdown(pool()) ==
        "### `pool`\n\n"
        "Pooling. Follows `torch.nn.MaxPool2d`.\n\n"
        "| argument | type | default | meaning |\n"
        "|---|---|---|---|\n"
        "| `kernel_size` | size, at least 1 | required | size of the window |\n"
        "| `momentum` | number, in [0, 1) | `0.1` | weight of a \\| b |\n"
        "| `mode` | one of max, mean | `max` | what is kept |\n"
        "| `sides` | list of left, right | `[]` | where it pads |\n");
  CHECK(to_markdown({"relu", "max(x, 0).", "", {}}) == "### `relu`\n\nmax(x, 0).\n\nNo arguments.\n");
}

TEST_CASE("a declaration in JSON has everything") {
  CHECK(to_json(pool()) == nlohmann::json::parse(R"({
    "name": "pool", "summary": "Pooling.", "source": "torch.nn.MaxPool2d",
    "arguments": [
      {"name": "kernel_size", "type": "size", "required": true, "default": null, "range": {"minimum": 1.0}, "choices": [],
       "help": "size of the window"},
      {"name": "momentum", "type": "number", "required": false, "default": "0.1", "range": {"minimum": 0.0, "below": 1.0}, "choices": [],
       "help": "weight of a | b"},
      {"name": "mode", "type": "choice", "required": false, "default": "max", "range": {}, "choices": ["max", "mean"],
       "help": "what is kept"},
      {"name": "sides", "type": "list of choices", "required": false, "default": "[]", "range": {}, "choices": ["left", "right"],
       "help": "where it pads"}]})"));
}
