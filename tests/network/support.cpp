#include <fmt/format.h>

#include <memory>

#include "engine/config/parse.h"
#include "tests/network/build.h"

namespace cnnctl {
namespace {

std::string at_line(const Place& place, const std::string& message) {
  return fmt::format("{}: {}", place.source ? line_and_column(place.source->text, place.begin).line : 0, message);
}

}  // namespace

Names Built::names() const {
  Names result;
  for (const Layer& layer : graph.layers) result.push_back(layer.name);
  return result;
}

Names Built::parameters() const {
  Names result;
  for (const Parameter& parameter : graph.parameters) result.push_back(parameter.name);
  return result;
}

Names Built::messages() const {
  Names result;
  for (const Diagnostic& diagnostic : diagnostics.sorted()) result.push_back(diagnostic.message);
  return result;
}

Names Built::located() const {
  Names result;
  for (const Diagnostic& diagnostic : diagnostics.sorted()) {
    result.push_back(at_line(diagnostic.place, diagnostic.message));
    for (const Note& note : diagnostic.notes) result.push_back("  " + at_line(note.place, note.message));
  }
  return result;
}

Built build(const std::string& yaml) {
  Built built;
  const Value root = parse_yaml(std::make_shared<const Source>(Source{"net.yaml", yaml}), built.diagnostics);
  const auto part = [&](const char* key) { return root.find(key) ? *root.find(key) : Value{}; };
  const Value vars_part = part("vars"), blocks_part = part("blocks"), input = part("input"), model = part("model");
  Vars vars(vars_part, built.diagnostics);
  const Blocks blocks(blocks_part, built.diagnostics);
  const NetworkSource source{"net", root.place, input, model, true};
  built.graph = build_network(source, vars, blocks, built.diagnostics);
  return built;
}

Built build_model(const std::string& model) { return build("input: [4, 8, 8]\nmodel:\n" + model); }

}  // namespace cnnctl
