#include "cli/commands/layers.h"

#include <cctype>
#include <memory>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands/tables.h"
#include "cli/terminal/terminal.h"
#include "engine/layers/layer.h"
#include "engine/network/branching.h"
#include "engine/network/item.h"
#include "engine/schema/print.h"

namespace cnnctl {
namespace {

/// A part of the reference: a kind of thing, where it stands in a config, and all there is of it.
struct Section {
  std::string title;  // "layers", also its key in JSON
  std::string intro;
  std::vector<const Declaration*> declarations;
};

std::vector<const Declaration*> declarations_of(const std::vector<Choice>& choices) {
  std::vector<const Declaration*> result;
  for (const Choice& choice : choices) result.push_back(choice.declaration);
  return result;
}

std::vector<Section> sections() {
  const Tables tables = experiment_tables();
  std::vector<const Declaration*> layers;
  for (const LayerType& type : layer_types()) layers.push_back(type.declaration);
  std::vector<const Declaration*> items = {&item_declaration(), &group_declaration()};
  for (const Branching& type : branching_types()) items.push_back(&type.declaration);
  return {{"items", "What every item of `model` takes, groups, and the items with branches.", std::move(items)},
          {"layers", "The items of `model` that compute.", std::move(layers)},
          {"sections",
           "The keys of the config's sections `data` and `train`.",
           {&data_declaration(), &train_declaration(), &early_stopping_declaration(), &groups_declaration(), &mixup_declaration(),
            &cutmix_declaration()}},
          {"datasets", "The values of `data.dataset`.", declarations_of(tables.datasets)},
          {"transforms", "The items of `data.transforms.train` and `data.transforms.test`.", declarations_of(tables.transforms)},
          {"losses", "The values of `train.loss`.", declarations_of(tables.losses)},
          {"optimizers", "The values of `train.optimizer`.", declarations_of(tables.optimizers)},
          {"schedules", "The values of `train.schedule`.", declarations_of(tables.schedules)}};
}

std::string capitalized(std::string text) {
  text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
  return text;
}

std::string all_text() {
  std::string result;
  for (const Section& section : sections()) {
    result += fmt::format("{}{}\n\n", result.empty() ? "" : "\n", capitalized(section.title));
    for (const Declaration* declaration : section.declarations) result += to_text(*declaration) + "\n";
  }
  return result;
}

nlohmann::json all_json() {
  nlohmann::json result;
  for (const Section& section : sections()) {
    nlohmann::json& list = result[section.title] = nlohmann::json::array();
    for (const Declaration* declaration : section.declarations) list.push_back(to_json(*declaration));
  }
  return result;
}

std::string all_markdown() {
  std::string result =
      "# Config reference\n\n"
      "Made by `cnnctl layers --markdown` from the declarations that also check a config; do not edit.\n\n"
      "An item is `type`, or `{type: {arguments}}`. Names and arguments are PyTorch's; input sizes are inferred. A size is one number, or\n"
      "`[height, width]`.\n";
  for (const Section& section : sections()) {
    result += fmt::format("\n## {}\n\n{}\n", capitalized(section.title), section.intro);
    for (const Declaration* declaration : section.declarations) result += "\n" + to_markdown(*declaration);
  }
  return result;
}

const Declaration& find_declaration(const std::string& name) {
  std::vector<std::string> names;
  for (const Section& section : sections())
    for (const Declaration* declaration : section.declarations) {
      if (declaration->name == name) return *declaration;
      names.push_back(declaration->name);
    }
  throw InputError(fmt::format("nothing is called '{}'{}; 'cnnctl layers' lists all there is", name, did_you_mean(name, names)));
}

}  // namespace

Command setup_layers(CLI::App& app) {
  auto options = std::make_shared<LayersOptions>();
  CLI::App* command =
      app.add_subcommand("layers", "Explain every item, layer, optimizer, schedule, loss, dataset and transform with its arguments");
  command->add_option("NAME", options->name, "One of them, or 'data' or 'train' for the keys of these sections (default: all)")
      ->type_name("");
  auto* json = command->add_flag("--json", options->json, "Print one JSON object");
  command->add_flag("--markdown", options->markdown, "Print the whole reference as Markdown: docs/reference/config.md")->excludes(json);
  command->footer(
      "Examples:\n"
      "  cnnctl layers\n"
      "  cnnctl layers conv\n"
      "  cnnctl layers train\n"
      "  cnnctl layers adam --json");
  return {command, [options] { return run_layers(*options); }};
}

int run_layers(const LayersOptions& options) {
  if (options.markdown && !options.name.empty()) throw InputError("--markdown prints the whole reference: leave out NAME");
  if (options.markdown) {
    print(all_markdown());
  } else if (options.name.empty()) {
    if (options.json)
      print_json(all_json());
    else
      print(all_text());
  } else {
    const Declaration& declaration = find_declaration(options.name);
    if (options.json)
      print_json(to_json(declaration));
    else
      print(to_text(declaration));
  }
  return exit_done;
}

}  // namespace cnnctl
