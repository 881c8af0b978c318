#include "engine/config/value.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/diagnostics/utf8.h"

namespace cnnctl {
namespace {

constexpr std::size_t longest_quote = 40;  // bytes of the user's text that a message repeats

/// The text's first characters, at most `longest_quote` bytes of them, cut between characters.
std::string shortened(const std::string& text) {
  if (text.size() <= longest_quote) return text;
  std::size_t end = longest_quote;
  while (end > 0 && continues_character(text[end])) --end;
  return text.substr(0, end) + "...";
}

bool looks_like_a_number(const std::string& text) {
  return text.find_first_of("0123456789") != std::string::npos && text.find_first_not_of("0123456789+-.eE") == std::string::npos;
}

}  // namespace

const Value* Value::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(), [key](const Entry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &found->value;
}

Value* Value::find(std::string_view key) {
  const auto found = std::find_if(entries.begin(), entries.end(), [key](const Entry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &found->value;
}

std::optional<std::pair<std::string, Place>> written_name(const Value& item) {
  if (!item.is_map() || item.entries.size() != 1) return std::nullopt;
  const Entry& entry = item.entries.front();
  if (entry.value.is_list()) return std::pair(entry.key, entry.key_place);
  const Value* name = entry.value.find("name");
  if (name == nullptr || !name->is_scalar()) return std::nullopt;
  return std::pair(name->text, name->place);
}

Value scalar_value(std::string text, Place place) {
  Value value;
  value.kind = Value::Kind::scalar;
  value.text = std::move(text);
  value.place = std::move(place);
  return value;
}

std::string describe(const Value& value) {
  switch (value.kind) {
    case Value::Kind::null:
      return "nothing";
    case Value::Kind::list:
      return value.items.empty() ? "an empty list" : "a list";
    case Value::Kind::map:
      return value.entries.empty() ? "an empty map" : "a map";
    case Value::Kind::scalar:
      break;
  }
  if (value.quoted) return fmt::format("the text \"{}\"", shortened(value.text));
  return looks_like_a_number(value.text) ? shortened(value.text) : fmt::format("'{}'", shortened(value.text));
}

}  // namespace cnnctl
