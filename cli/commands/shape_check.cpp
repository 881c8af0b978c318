#include "cli/commands/shape_check.h"

#include <array>
#include <limits>
#include <memory>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands/dot.h"
#include "cli/commands/inputs.h"
#include "cli/commands/recipe.h"
#include "cli/terminal/numbers.h"
#include "cli/terminal/option_checks.h"
#include "cli/terminal/terminal.h"
#include "engine/formats/atomic_file.h"
#include "engine/graph/cost.h"
#include "engine/graph/outline.h"

namespace cnnctl {
namespace {

struct Totals {
  std::int64_t batch_size = 0;
  std::int64_t parameters = 0;
  std::int64_t macs = 0;
  MemoryEstimate memory;
};

nlohmann::json shape_json(const Shape& shape) { return {shape.channels, shape.height, shape.width}; }

nlohmann::json index_json(int id) { return id < 0 ? nlohmann::json() : nlohmann::json(id); }

/// The figures of a network that take a walk through its outline, as JSON lists.
class OutlineLists {
 public:
  explicit OutlineLists(const Graph& graph) : graph_(graph), names_(graph.values.size()) {
    names_.front() = "input";
    for (const Node& node : graph.nodes)
      names_[static_cast<std::size_t>(node.output)] = graph.layers[static_cast<std::size_t>(node.layer)].name;
  }

  void add(const OutlineItem& outline) {
    for (const OutlineItem& item : outline.items) {
      if (item.is_layer())
        add_layer(item);
      else
        add_group(item);
    }
  }

  nlohmann::json layers = nlohmann::json::array();
  nlohmann::json groups = nlohmann::json::array();

 private:
  void add_layer(const OutlineItem& item) {
    const Layer& layer = graph_.layers[static_cast<std::size_t>(item.layer)];
    nlohmann::json inputs = nlohmann::json::array();
    for (const ValueId input : item.inputs) inputs.push_back(names_[static_cast<std::size_t>(input)]);
    layers.push_back({{"name", layer.name},
                      {"type", layer.type},
                      {"arguments", layer.arguments},
                      {"group", index_json(layer.group)},
                      {"inputs", std::move(inputs)},
                      {"output", shape_json(layer.output)},
                      {"arithmetic", layer.arithmetic},
                      {"parameters", layer.parameters},
                      {"macs", layer.macs}});
  }

  void add_group(const OutlineItem& item) {
    const Group& group = graph_.groups[static_cast<std::size_t>(item.group)];
    groups.push_back({{"name", group.name},
                      {"label", group.label},
                      {"type", group.type},
                      {"parent", index_json(group.parent)},
                      {"layers", item.layers},
                      {"output", shape_json(graph_.values[static_cast<std::size_t>(item.output)])},
                      {"parameters", item.parameters},
                      {"macs", item.macs}});
    add(item);
  }

  const Graph& graph_;
  std::vector<std::string> names_;  // of the layer that writes each value
};

nlohmann::json to_json(const Graph& graph, const OutlineItem& outline, const Totals& totals) {
  OutlineLists lists(graph);
  lists.add(outline);
  return {{"name", graph.name},
          {"input", shape_json(graph.input_shape())},
          {"batch_size", totals.batch_size},
          {"parameters", totals.parameters},
          {"macs", totals.macs},
          {"train_memory_bytes", totals.memory.train_bytes},
          {"eval_memory_bytes", totals.memory.eval_bytes},
          {"layers", std::move(lists.layers)},
          {"groups", std::move(lists.groups)}};
}

std::string to_text(const Graph& graph, const OutlineItem& outline, int depth, const Totals& totals) {
  const std::size_t columns = is_terminal(stdout) ? terminal_columns(stdout) : std::numeric_limits<std::size_t>::max();
  return (depth > 0 ? shape_table(graph, outline, depth, columns) + "\n" : "") +
         fmt::format(
             "parameters             {}\n"
             "multiply-accumulates   {} per image\n"
             "memory to train        {} at batch size {}, beyond the dataset\n"
             "memory to evaluate     {} at batch size {}\n",
             with_separators(totals.parameters), with_separators(totals.macs), readable_bytes(totals.memory.train_bytes), totals.batch_size,
             readable_bytes(totals.memory.eval_bytes), totals.batch_size);
}

}  // namespace

Command setup_shape_check(CLI::App& app) {
  auto options = std::make_shared<ShapeCheckOptions>();
  CLI::App* command = app.add_subcommand("shape-check", "Show every layer's output size, parameters and cost, without running anything");
  command->add_option("CONFIG", options->config, "The config file, or a shipped config's name")->type_name("")->required();
  add_set_option(*command, options->sets);
  command->add_option("--batch-size", options->batch_size, "Images at a time, for the memory (default: train.batch_size)")
      ->type_name("N")
      ->check(whole_number(1, 1 << 24));
  command
      ->add_option("--depth", options->depth,
                   "Levels of groups to show; deeper ones are a row each, with their sums\n"
                   "(1: the items of model, 0: the totals alone; default: all)")
      ->type_name("N")
      ->check(whole_number(0, every_level));
  command
      ->add_option("--dot", options->dot,
                   "Write the network as a graph for Graphviz, to --depth; - writes it to\n"
                   "standard output, in place of the table")
      ->type_name("FILE")
      ->check(path_name());
  command->add_flag("--json", options->json, "Print one JSON object instead of a table");
  command->footer(
      "Examples:\n"
      "  cnnctl shape-check configs/mnist_convnet.yaml\n"
      "  cnnctl shape-check configs/mnist_convnet.yaml --set model.layer1.0.kernel_size=3\n"
      "  cnnctl shape-check configs/mnist_convnet.yaml --depth 1\n"
      "  cnnctl shape-check configs/mnist_convnet.yaml --dot - | dot -Tsvg > net.svg\n"
      "  cnnctl shape-check configs/mnist_convnet.yaml --json\n\n"
      "A terminal that is too narrow does not show the arithmetic; '| less -S' does.");
  return {command, [options] { return run_shape_check(*options); }};
}

int run_shape_check(const ShapeCheckOptions& options) {
  if (options.dot == "-" && options.json) throw InputError("--dot - and --json both write to standard output; give --dot a file");
  if (!options.dot.empty() && options.dot != "-") check_output_file("--dot", options.dot, {options.config});
  const Experiment experiment = load_config(options.config, options.sets);
  Totals totals;
  totals.batch_size = options.batch_size > 0 ? options.batch_size : experiment.train.batch_size;
  totals.parameters = parameter_count(experiment.graph);
  totals.macs = macs_per_image(experiment.graph);
  try {
    const MemoryEstimate network = estimate_memory(experiment.graph, totals.batch_size, experiment.train.recompute);
    const std::int64_t train_bytes = checked_sum(network.train_bytes, recipe_bytes(experiment.train, experiment.graph));
    totals.memory = {checked_sum(train_bytes, program_bytes), checked_sum(network.eval_bytes, program_bytes)};
  } catch (const ShapeError& error) {
    throw InputError(fmt::format("{}: memory at batch size {}: {}", options.config, totals.batch_size, error.what()));
  }
  const OutlineItem outline = make_outline(experiment.graph);
  if (!options.dot.empty()) {
    const std::string dot = to_dot(experiment.graph, outline, options.depth);
    if (options.dot == "-") {
      print(dot);
      return exit_done;
    }
    write_file_atomically(options.dot, std::array{std::string_view(dot)});
  }
  if (options.json)
    print_json(to_json(experiment.graph, outline, totals));
  else
    print(to_text(experiment.graph, outline, options.depth, totals));
  return exit_done;
}

}  // namespace cnnctl
