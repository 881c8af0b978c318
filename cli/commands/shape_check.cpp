#include "cli/commands/shape_check.h"

#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands/inputs.h"
#include "cli/terminal/numbers.h"
#include "cli/terminal/table.h"
#include "cli/terminal/terminal.h"
#include "engine/graph/cost.h"

namespace cnnctl {
namespace {

struct Totals {
  std::int64_t batch_size = 0;
  std::int64_t parameters = 0;
  std::int64_t macs = 0;
  MemoryEstimate memory;
};

nlohmann::json shape_json(const Shape& shape) { return {shape.channels, shape.height, shape.width}; }

nlohmann::json to_json(const Graph& graph, const Totals& totals) {
  nlohmann::json layers = nlohmann::json::array();
  for (const Layer& layer : graph.layers)
    layers.push_back({{"name", layer.name},
                      {"type", layer.type},
                      {"arguments", layer.arguments},
                      {"output", shape_json(layer.output)},
                      {"arithmetic", layer.arithmetic},
                      {"parameters", layer.parameters},
                      {"macs", layer.macs}});
  return {{"name", graph.name},
          {"input", shape_json(graph.input_shape())},
          {"batch_size", totals.batch_size},
          {"parameters", totals.parameters},
          {"macs", totals.macs},
          {"train_memory_bytes", totals.memory.train_bytes},
          {"eval_memory_bytes", totals.memory.eval_bytes},
          {"layers", std::move(layers)}};
}

std::string spaced(const Shape& shape) {
  return shape.flat ? std::to_string(shape.channels) : fmt::format("{} x {} x {}", shape.channels, shape.height, shape.width);
}

std::string to_text(const Graph& graph, const Totals& totals) {
  const auto count = [](std::int64_t number) { return number == 0 ? "" : with_separators(number); };
  Table table(
      {{"layer"}, {"type"}, {"arguments"}, {"output"}, {"arithmetic"}, {"parameters", Table::Align::right}, {"MACs", Table::Align::right}});
  table.add({"input", "", "", spaced(graph.input_shape())});
  for (const Layer& layer : graph.layers)
    table.add(
        {layer.name, layer.type, layer.arguments, spaced(layer.output), layer.arithmetic, count(layer.parameters), count(layer.macs)});
  return table.text() + fmt::format(
                            "\n"
                            "parameters             {}\n"
                            "multiply-accumulates   {} per image\n"
                            "memory to train        {} at batch size {}, beyond the dataset\n"
                            "memory to evaluate     {} at batch size {}\n",
                            with_separators(totals.parameters), with_separators(totals.macs), readable_bytes(totals.memory.train_bytes),
                            totals.batch_size, readable_bytes(totals.memory.eval_bytes), totals.batch_size);
}

}  // namespace

Command setup_shape_check(CLI::App& app) {
  auto options = std::make_shared<ShapeCheckOptions>();
  CLI::App* command = app.add_subcommand("shape-check", "Show every layer's output size, parameters and cost, without running anything");
  command->add_option("CONFIG", options->config, "The config file, or a shipped config's name")->type_name("")->required();
  add_set_option(*command, options->sets);
  command->add_option("--batch-size", options->batch_size, "Images at a time, for the memory (default: train.batch_size)")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 24).description(""));
  command->add_flag("--json", options->json, "Print one JSON object instead of a table");
  command->footer(
      "Examples:\n"
      "  cnnctl shape-check configs/mnist_convnet.yaml\n"
      "  cnnctl shape-check configs/mnist_convnet.yaml --set model.layer1.0.kernel_size=3\n"
      "  cnnctl shape-check configs/mnist_convnet.yaml --json");
  return {command, [options] { return run_shape_check(*options); }};
}

int run_shape_check(const ShapeCheckOptions& options) {
  const Experiment experiment = load_config(options.config, options.sets);
  Totals totals;
  totals.batch_size = options.batch_size > 0 ? options.batch_size : experiment.train.batch_size;
  totals.parameters = parameter_count(experiment.graph);
  totals.macs = macs_per_image(experiment.graph);
  try {
    totals.memory = estimate_memory(experiment.graph, totals.batch_size);
  } catch (const ShapeError& error) {
    throw InputError(fmt::format("{}: memory at batch size {}: {}", options.config, totals.batch_size, error.what()));
  }
  if (options.json)
    print_json(to_json(experiment.graph, totals));
  else
    print(to_text(experiment.graph, totals));
  return exit_done;
}

}  // namespace cnnctl
