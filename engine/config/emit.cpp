#include <algorithm>

#include <yaml-cpp/emitter.h>
#include <yaml-cpp/emittermanip.h>

#include "engine/config/range.h"
#include "engine/config/value.h"

namespace cnnctl {
namespace {

constexpr std::size_t longest_flow = 80;  // characters of a list or map that still goes on one line
constexpr const char* flow_indicators = ",[]{}";

/// Whether a plain key would be read as something else, or end early in flow style.
bool needs_quotes(const std::string& text) {
  return is_null_word(text) || text == "<<" || text.find_first_of(flow_indicators) != std::string::npos;
}

void emit_text(YAML::Emitter& out, const std::string& text, bool quoted) {
  if (quoted) out << YAML::DoubleQuoted;
  out << text;
}

/// Whether flow style can hold `value` as it is written: no list or map, and no plain text that a comma or bracket would end.
bool is_leaf(const Value& value) {
  return value.is_null() || (value.is_scalar() && (value.quoted || value.text.find_first_of(flow_indicators) == std::string::npos));
}

/// Whether `value` is a list or map of scalars that are short together, or empty.
bool is_small(const Value& value) {
  std::size_t length = 0;
  for (const Value& item : value.items) {
    if (!is_leaf(item)) return false;
    length += item.text.size() + 2;
  }
  for (const Entry& entry : value.entries) {
    if (!is_leaf(entry.value)) return false;
    length += entry.key.size() + entry.value.text.size() + 4;
  }
  return length <= longest_flow;
}

void emit(YAML::Emitter& out, const Value& value, bool flow) {
  const bool in_flow = flow || is_small(value);
  switch (value.kind) {
    case Value::Kind::null:
      out << YAML::Null;
      break;
    case Value::Kind::scalar:
      emit_text(out, value.text, value.quoted);
      break;
    case Value::Kind::list:
      out << (in_flow ? YAML::Flow : YAML::Block) << YAML::BeginSeq;
      for (const Value& item : value.items) emit(out, item, in_flow);
      out << YAML::EndSeq;
      break;
    case Value::Kind::map:
      out << (in_flow ? YAML::Flow : YAML::Block) << YAML::BeginMap;
      for (const Entry& entry : value.entries) {
        out << YAML::Key;
        emit_text(out, entry.key, needs_quotes(entry.key));
        out << YAML::Value;
        emit(out, entry.value, in_flow);
      }
      out << YAML::EndMap;
      break;
  }
}

}  // namespace

std::string to_yaml(const Value& value) {
  YAML::Emitter out;
  emit(out, value, false);
  return std::string(out.c_str()) + "\n";
}

std::string to_yaml_inline(const Value& value) {
  YAML::Emitter out;
  emit(out, value, true);
  return out.c_str();
}

}  // namespace cnnctl
