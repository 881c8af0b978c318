#include "engine/schema/print.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cnnctl {
namespace {

/// "integer, at least 1", "one of f32, bf16", "list of norms, biases".
std::string type_and_range(const Argument& argument) {
  if (!argument.choices.empty())
    return fmt::format("{} {}", argument.type == "choice" ? "one of" : "list of", fmt::join(argument.choices, ", "));
  const std::string range = to_string(argument.range);
  return range.empty() ? argument.type : argument.type + ", " + range;
}

std::string default_or_required(const Argument& argument) { return argument.required ? "required" : "default " + argument.default_text; }

/// A cell of a Markdown table: a bar would end it.
std::string cell(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

nlohmann::json range_to_json(const Range& range) {
  nlohmann::json json = nlohmann::json::object();
  if (std::isfinite(range.minimum)) json[range.open_minimum ? "above" : "minimum"] = range.minimum;
  if (std::isfinite(range.maximum)) json[range.open_maximum ? "below" : "maximum"] = range.maximum;
  return json;
}

nlohmann::json to_json(const Argument& argument) {
  return {{"name", argument.name},
          {"type", argument.type},
          {"required", argument.required},
          {"default", argument.required ? nlohmann::json(nullptr) : nlohmann::json(argument.default_text)},
          {"range", range_to_json(argument.range)},
          {"choices", argument.choices},
          {"help", argument.help}};
}

}  // namespace

std::string to_text(const Declaration& declaration) {
  std::string text = fmt::format("{}: {}\n", declaration.name, declaration.summary);
  if (!declaration.source.empty()) text += fmt::format("  as {}\n", declaration.source);
  std::size_t name_width = 0;
  std::size_t type_width = 0;
  std::size_t default_width = 0;
  for (const Argument& argument : declaration.arguments) {
    name_width = std::max(name_width, argument.name.size());
    type_width = std::max(type_width, type_and_range(argument).size());
    default_width = std::max(default_width, default_or_required(argument).size());
  }
  for (const Argument& argument : declaration.arguments)
    text += fmt::format("  {:<{}}  {:<{}}  {:<{}}  {}\n", argument.name, name_width, type_and_range(argument), type_width,
                        default_or_required(argument), default_width, argument.help);
  return text;
}

std::string to_markdown(const Declaration& declaration) {
  std::string text = fmt::format("### `{}`\n\n{}", declaration.name, declaration.summary);
  if (!declaration.source.empty()) text += fmt::format(" Follows `{}`.", declaration.source);
  if (declaration.arguments.empty()) return text + "\n\nNo arguments.\n";
  text += "\n\n| argument | type | default | meaning |\n|---|---|---|---|\n";
  for (const Argument& argument : declaration.arguments)
    text += fmt::format("| `{}` | {} | {} | {} |\n", argument.name, cell(type_and_range(argument)),
                        argument.required ? "required" : "`" + cell(argument.default_text) + "`", cell(argument.help));
  return text;
}

nlohmann::json to_json(const Declaration& declaration) {
  nlohmann::json arguments = nlohmann::json::array();
  for (const Argument& argument : declaration.arguments) arguments.push_back(to_json(argument));
  return {{"name", declaration.name}, {"summary", declaration.summary}, {"source", declaration.source}, {"arguments", arguments}};
}

}  // namespace cnnctl
