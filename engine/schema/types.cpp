#include <array>

#include <fmt/format.h>

#include "engine/schema/interval.h"

namespace cnnctl {
namespace {

std::string as_yaml(const std::string& text) {
  Value value = scalar_value(text);
  value.quoted = text.empty();
  return to_yaml_inline(value);
}

/// "1 step", "5 steps".
std::string counted(std::int64_t count, const char* unit) { return fmt::format("{} {}{}", count, unit, count == 1 ? "" : "s"); }

}  // namespace

std::string to_string(const Size& size) { return fmt::format("{}x{}", size.height, size.width); }
std::string to_string(const Padding& padding) { return padding.same ? "same" : to_string(padding.size); }

std::string to_string(const Duration& duration) {
  return counted(duration.count, duration.unit == Duration::Unit::epochs ? "epoch" : "step");
}

std::string to_string(const Interval& interval) {
  constexpr std::array units = {"epoch", "step", "minute"};  // as in Interval::Unit
  return counted(interval.count, units.at(static_cast<std::size_t>(interval.unit)));
}

std::string type_name(bool) { return "boolean"; }
std::string type_name(std::int64_t) { return "integer"; }
std::string type_name(double) { return "number"; }
std::string type_name(const std::string&) { return "string"; }
std::string type_name(const Size&) { return "size"; }
std::string type_name(const Padding&) { return "padding"; }
std::string type_name(const std::vector<double>&) { return "list of numbers"; }
std::string type_name(const std::vector<std::int64_t>&) { return "list of integers"; }
std::string type_name(const ImageSize&) { return "shorter side or size"; }
std::string type_name(const Spread&) { return "number or [low, high]"; }
std::string type_name(const std::vector<std::string>&) { return "list of strings"; }
std::string type_name(const Duration&) { return "duration"; }
std::string type_name(const Interval&) { return "interval"; }
std::string type_name(const Value&) { return "value"; }

std::string default_text(bool value) { return value ? "true" : "false"; }
std::string default_text(std::int64_t value) { return std::to_string(value); }
std::string default_text(double value) { return fmt::format("{}", value); }
std::string default_text(const std::string& value) { return as_yaml(value); }
std::string default_text(const Size& value) {
  return value.height == value.width ? std::to_string(value.height) : fmt::format("[{}, {}]", value.height, value.width);
}
std::string default_text(const Padding& value) { return value.same ? "same" : default_text(value.size); }
std::string default_text(const std::vector<double>& value) { return fmt::format("[{}]", fmt::join(value, ", ")); }
std::string default_text(const std::vector<std::int64_t>& value) { return fmt::format("[{}]", fmt::join(value, ", ")); }
std::string default_text(const ImageSize& value) {
  return value.shorter_side ? std::to_string(value.size.height) : fmt::format("[{}, {}]", value.size.height, value.size.width);
}
std::string default_text(const Spread& value) {
  return value.single ? default_text(value.low) : fmt::format("[{}, {}]", value.low, value.high);
}
std::string default_text(const std::vector<std::string>& value) {
  std::vector<std::string> texts;
  for (const std::string& text : value) texts.push_back(as_yaml(text));
  return fmt::format("[{}]", fmt::join(texts, ", "));
}
std::string default_text(const Duration& value) { return to_string(value); }
std::string default_text(const Interval& value) { return to_string(value); }
std::string default_text(const Value& value) { return value.is_null() ? "none" : to_yaml_inline(value); }

}  // namespace cnnctl
