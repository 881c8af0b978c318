#include "engine/config/assignment.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/config/parse.h"
#include "engine/config/utf8.h"

namespace cnnctl {
namespace {

constexpr std::size_t longest_path = 100;  // parts, as a config's nesting
constexpr const char* example = "write a dotted path and a value, as in --set train.epochs=1";

}  // namespace

std::string Assignment::path_text(std::size_t count) const {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : ".") + path[i].name;
  return text;
}

std::optional<Assignment> read_assignment(const std::string& text, Diagnostics& diagnostics) {
  const auto source = std::make_shared<const Source>(Source{set_source, text});
  const auto malformed = [&](std::size_t begin, std::size_t end, std::string message) {
    diagnostics.error({source, begin, end}, std::move(message), example);
    return std::nullopt;
  };
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) return malformed(0, text.size(), "--set takes KEY=VALUE, but there is no '='");

  if (const std::size_t invalid = find_invalid_character(std::string_view(text).substr(0, equals)); invalid != std::string_view::npos)
    return malformed(invalid, invalid + 1, "a byte that is no printable UTF-8 in the key");

  Assignment assignment;
  for (std::size_t begin = 0; begin <= equals;) {
    const std::size_t dot = std::min(text.find('.', begin), equals);
    const std::string_view part = std::string_view(text).substr(begin, dot - begin);
    const std::size_t first = part.find_first_not_of(' ');
    if (first == std::string_view::npos)
      return malformed(begin, dot, begin == 0 && dot == equals ? "--set has no key" : "a part of the key is empty");
    const std::size_t end = part.find_last_not_of(' ') + 1;
    assignment.path.push_back({std::string(part.substr(first, end - first)), {source, begin + first, begin + end}});
    begin = dot + 1;
  }
  if (assignment.path.size() > longest_path) return malformed(0, equals, fmt::format("a key of more than {} parts", longest_path));

  Diagnostics found;
  assignment.value = parse_yaml_from(source, equals + 1, found);
  diagnostics.add(found);
  if (found.has_errors()) return std::nullopt;
  return assignment;
}

}  // namespace cnnctl
