#include "engine/config/parse.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "engine/config/builder.h"
#include "engine/config/syntax_error.h"
#include "engine/config/utf8.h"
#include "engine/diagnostics/utf8.h"

namespace cnnctl {
namespace {

/// False, with the mistake reported, where the text holds what yaml-cpp would silently replace or take for another encoding.
bool check_encoding(const std::shared_ptr<const Source>& source, std::size_t offset, Diagnostics& diagnostics) {
  const std::size_t invalid = find_invalid_character(std::string_view(source->text).substr(offset));
  if (invalid == std::string_view::npos) return true;
  const auto byte = static_cast<unsigned char>(source->text[offset + invalid]);
  const bool is_control = byte < 0x20;
  diagnostics.error({source, offset + invalid, offset + invalid + 1},
                    is_control ? fmt::format("a control character (0x{:02x}) cannot stand in YAML", byte)
                               : fmt::format("the byte 0x{:02x} is not UTF-8", byte),
                    is_control ? "remove it, or write it as an escape in double quotes" : "save the file as UTF-8");
  return false;
}

void report(const YAML::ParserException& error, const ValueBuilder& builder, const std::shared_ptr<const Source>& source,
            Diagnostics& diagnostics) {
  const std::size_t begin = builder.offset_of(error.mark);
  SyntaxError explained = explain_syntax_error(error.msg, source->text, begin);
  Diagnostic diagnostic{Severity::error, {source, begin, begin}, std::move(explained.message), std::move(explained.hint), {}};
  const bool is_unclosed = error.msg == YAML::ErrorMsg::END_OF_MAP_FLOW || error.msg == YAML::ErrorMsg::END_OF_SEQ_FLOW;
  if (const Place bracket = builder.open_bracket(); is_unclosed && bracket.source)
    diagnostic.notes.push_back({bracket, "the bracket stands here"});
  diagnostics.add(std::move(diagnostic));
}

}  // namespace

Value parse_yaml_from(const std::shared_ptr<const Source>& source, std::size_t offset, Diagnostics& diagnostics) {
  offset = std::min(offset, source->text.size());
  offset += text_begin(std::string_view(source->text).substr(offset));
  ValueBuilder builder(source, offset, diagnostics);
  if (!check_encoding(source, offset, diagnostics)) return builder.take_root();

  std::istringstream text(source->text.substr(offset));
  YAML::Parser parser(text);
  try {
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const StopReading&) {
    return builder.take_root();
  } catch (const YAML::ParserException& error) {
    report(error, builder, source, diagnostics);
  }
  return builder.take_root();
}

Value parse_yaml(const std::shared_ptr<const Source>& source, Diagnostics& diagnostics) { return parse_yaml_from(source, 0, diagnostics); }

}  // namespace cnnctl
