#include "engine/config/syntax_error.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>

#include "engine/diagnostics/place.h"

namespace cnnctl {
namespace {

struct Explanation {
  std::string_view reason;  // how yaml-cpp's text begins
  std::string_view message;
  std::string_view hint;
};

constexpr std::string_view check_indentation = "check the indentation of this line and of the one before it";

const std::array<Explanation, 15>& explanations() {
  static const std::array<Explanation, 15> table = {{
      {YAML::ErrorMsg::MAP_VALUE, "a ':' that cannot stand here",
       "check the indentation of this line and of the one before it; a text that holds ': ' needs quotes"},
      {YAML::ErrorMsg::MAP_KEY, "a key cannot begin here", check_indentation},
      {YAML::ErrorMsg::BLOCK_ENTRY, "a list item ('- ') cannot begin here", "begin the list on a line of its own, indented under its key"},
      {YAML::ErrorMsg::END_OF_MAP_FLOW, "a '{' is never closed, or a ',' is missing", "close it with '}'"},
      {YAML::ErrorMsg::END_OF_SEQ_FLOW, "a '[' is never closed, or a ',' is missing", "close it with ']'"},
      {YAML::ErrorMsg::FLOW_END, "a closing bracket that was never opened", "remove it, or open it before"},
      {YAML::ErrorMsg::END_OF_MAP, "this does not belong to the map that it stands in", check_indentation},
      {YAML::ErrorMsg::END_OF_SEQ, "this does not belong to the list that it stands in", check_indentation},
      {YAML::ErrorMsg::TAB_IN_INDENTATION, "a tab in the indentation", "indent with blanks; YAML allows no tabs there"},
      {YAML::ErrorMsg::UNKNOWN_TOKEN, "a text cannot begin with this character", "put the text in quotes"},
      {YAML::ErrorMsg::INVALID_ESCAPE, "an unknown escape in a text in double quotes",
       "write '\\\\' for a backslash, or use single quotes"},
      {YAML::ErrorMsg::INVALID_HEX, "an escape in double quotes that is no hexadecimal number", "write '\\\\' for a backslash"},
      {YAML::ErrorMsg::INVALID_UNICODE, "an escape in double quotes that is no character", "write '\\\\' for a backslash"},
      {YAML::ErrorMsg::UNKNOWN_ANCHOR, "an alias without its anchor", "write the anchor (&name) before its alias (*name)"},
      {YAML::ErrorMsg::EOF_IN_SCALAR, "a text in quotes that is never closed", "close the quotes"},
  }};
  return table;
}

bool has_tab_in_indentation(std::string_view line) {
  return line.substr(0, std::min(line.find_first_not_of(" \t"), line.size())).find('\t') != std::string_view::npos;
}

}  // namespace

SyntaxError explain_syntax_error(std::string_view reason, std::string_view text, std::size_t offset) {
  // yaml-cpp takes tabs for blanks at first and then complains of what follows from it.
  const std::string_view effective = has_tab_in_indentation(line_at(text, offset)) ? YAML::ErrorMsg::TAB_IN_INDENTATION : reason;
  const auto& table = explanations();
  const auto known =
      std::find_if(table.begin(), table.end(), [effective](const Explanation& e) { return effective.starts_with(e.reason); });
  if (known == table.end()) return {fmt::format("YAML syntax: {}", reason), ""};
  const bool may_be_expression =
      known->reason == YAML::ErrorMsg::END_OF_MAP_FLOW && line_at(text, offset).find("${") != std::string_view::npos;
  return {fmt::format("YAML syntax: {} ({})", known->message, reason),
          may_be_expression ? "inside braces or brackets an expression needs quotes: \"${...}\"" : std::string(known->hint)};
}

}  // namespace cnnctl
