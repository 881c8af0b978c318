#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/schema/interval.h"
#include "engine/schema/print.h"
#include "engine/schema/schema.h"

namespace cnnctl {
namespace {

enum class Number { read, not_a_number, too_large };

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t count_digits(std::string_view text) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
}

void skip_sign(std::string_view& text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
}

/// [-+]? (0 | [1-9] [0-9]*): with a leading zero, half of the world reads octal.
bool is_integer_text(std::string_view text) {
  skip_sign(text);
  return !text.empty() && count_digits(text) == text.size() && (text.size() == 1 || text.front() != '0');
}

/// YAML's core schema for numbers, but without infinity and not-a-number, and without leading zeros.
bool is_number_text(std::string_view text) {
  skip_sign(text);
  const std::size_t whole = count_digits(text);
  if (whole > 1 && text.front() == '0') return false;
  text.remove_prefix(whole);
  std::size_t fraction = 0;
  if (text.starts_with('.')) {
    fraction = count_digits(text.substr(1));
    text.remove_prefix(1 + fraction);
  }
  if (whole + fraction == 0) return false;
  if (text.empty()) return true;
  if (text.front() != 'e' && text.front() != 'E') return false;
  text.remove_prefix(1);
  skip_sign(text);
  return !text.empty() && count_digits(text) == text.size();
}

template <class T>
Number parse(const Value& value, bool (*is_text_of_it)(std::string_view), T& out) {
  if (!value.is_scalar() || value.quoted || !is_text_of_it(value.text)) return Number::not_a_number;
  std::string_view text = value.text;
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() ? Number::read : Number::too_large;
}

Number parse(const Value& value, std::int64_t& out) { return parse(value, is_integer_text, out); }
Number parse(const Value& value, double& out) { return parse(value, is_number_text, out); }

bool is_in(const Range& range, double number) {
  return (range.open_minimum ? number > range.minimum : number >= range.minimum) &&
         (range.open_maximum ? number < range.maximum : number <= range.maximum);
}

/// "kernel_size of conv".
std::string called(const Argument& argument) { return argument.owner.empty() ? argument.name : argument.name + " of " + argument.owner; }

bool wrong_type(const Value& value, const Argument& argument, std::string_view expected, Diagnostics& diagnostics, std::string hint = "") {
  if (hint.empty() && value.is_scalar() && value.quoted && is_number_text(value.text)) hint = "remove the quotes";
  diagnostics.error(value.place, fmt::format("{} must be {}, not {}", called(argument), expected, describe(value)), std::move(hint));
  return false;
}

bool check_range(const Value& value, const Argument& argument, double number, Diagnostics& diagnostics) {
  if (is_in(argument.range, number)) return true;
  diagnostics.error(value.place, fmt::format("{} must be {}, not {}", called(argument), to_string(argument.range), value.text));
  return false;
}

/// A number of type T in the argument's range. `expected` is what to say that the argument must be.
template <class T>
bool read_number(const Value& value, const Argument& argument, std::string_view expected, T& out, Diagnostics& diagnostics) {
  T number = 0;
  switch (parse(value, number)) {
    case Number::not_a_number:
      return wrong_type(value, argument, expected, diagnostics);
    case Number::too_large:
      diagnostics.error(value.place, fmt::format("{} does not fit into 64 bits: {}", called(argument), describe(value)));
      return false;
    case Number::read:
      break;
  }
  if (!check_range(value, argument, static_cast<double>(number), diagnostics)) return false;
  out = number;
  return true;
}

/// The same of a number that all is computed with, so that float must hold it.
bool read_float(const Value& value, const Argument& argument, std::string_view expected, double& out, Diagnostics& diagnostics) {
  double number = 0;
  if (!read_number(value, argument, expected, number, diagnostics)) return false;
  if (std::abs(number) > std::numeric_limits<float>::max()) {
    diagnostics.error(value.place, fmt::format("{} does not fit into a float: {}", called(argument), describe(value)));
    return false;
  }
  out = number;
  return true;
}

template <class T>
bool read_list(const Value& value, const Argument& argument, std::string_view of_what, std::vector<T>& out, Diagnostics& diagnostics) {
  if (!value.is_list()) return wrong_type(value, argument, fmt::format("a list of {}", of_what), diagnostics);
  std::vector<T> numbers(value.items.size());
  bool all_read = true;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    Argument item = argument;
    item.name = fmt::format("{}[{}]", argument.name, i);
    all_read &= read_value(value.items[i], item, numbers[i], diagnostics);
  }
  if (all_read) out = std::move(numbers);
  return all_read;
}

bool read_size(const Value& value, const Argument& argument, std::string_view expected, Size& out, Diagnostics& diagnostics) {
  if (!value.is_list()) {
    std::int64_t both = 0;
    if (!read_number(value, argument, expected, both, diagnostics)) return false;
    out = {both, both};
    return true;
  }
  if (value.items.size() != 2) {
    diagnostics.error(value.place, fmt::format("{} must be {}, not a list of {} values", called(argument), expected, value.items.size()));
    return false;
  }
  Size size;
  const bool height = read_number(value.items[0], argument, "an integer", size.height, diagnostics);
  const bool width = read_number(value.items[1], argument, "an integer", size.width, diagnostics);
  if (height && width) out = size;
  return height && width;
}

bool is_plain(const Value& value, std::string_view text) { return value.is_scalar() && !value.quoted && value.text == text; }

/// YAML 1.1's booleans, which are plain texts in 1.2.
bool looks_like_a_boolean(const Value& value) {
  static const std::vector<std::string> words = {"True",  "TRUE",  "yes", "Yes", "YES", "on",  "On",  "ON",  "y", "1",
                                                 "False", "FALSE", "no",  "No",  "NO",  "off", "Off", "OFF", "n", "0"};
  return value.is_scalar() && std::find(words.begin(), words.end(), value.text) != words.end();
}

/// "5 epochs" taken apart: the number, and which of `units`; nothing for any other text.
std::optional<std::pair<std::int64_t, std::size_t>> count_of(const Value& value, std::span<const std::string_view> units) {
  const std::string_view text = value.is_scalar() ? std::string_view(value.text) : std::string_view();
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || count < 0 || count > Duration::most) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  for (std::size_t i = 0; i < units.size(); ++i)
    if (unit == fmt::format(" {}", units[i]) || unit == fmt::format(" {}s", units[i])) return std::pair(count, i);
  return std::nullopt;
}

}  // namespace

bool read_value(const Value& value, const Argument& argument, bool& out, Diagnostics& diagnostics) {
  const bool is_true = is_plain(value, "true");
  if (!is_true && !is_plain(value, "false"))
    return wrong_type(value, argument, "true or false", diagnostics, looks_like_a_boolean(value) ? "write true or false" : "");
  out = is_true;
  return true;
}

bool read_value(const Value& value, const Argument& argument, std::int64_t& out, Diagnostics& diagnostics) {
  return read_number(value, argument, "an integer", out, diagnostics);
}

bool read_value(const Value& value, const Argument& argument, double& out, Diagnostics& diagnostics) {
  return read_float(value, argument, "a number", out, diagnostics);
}

bool read_value(const Value& value, const Argument& argument, std::string& out, Diagnostics& diagnostics) {
  const std::vector<std::string>& choices = argument.choices;
  const std::string expected = choices.empty() ? "a text" : fmt::format("one of {}", fmt::join(choices, ", "));
  if (!value.is_scalar()) return wrong_type(value, argument, expected, diagnostics);
  if (!choices.empty() && std::find(choices.begin(), choices.end(), value.text) == choices.end()) {
    diagnostics.error(value.place, fmt::format("{} must be {}, not {}{}", called(argument), expected, describe(value),
                                               did_you_mean(value.text, choices)));
    return false;
  }
  out = value.text;
  return true;
}

bool read_value(const Value& value, const Argument& argument, Size& out, Diagnostics& diagnostics) {
  return read_size(value, argument, "an integer or [height, width]", out, diagnostics);
}

bool read_value(const Value& value, const Argument& argument, Padding& out, Diagnostics& diagnostics) {
  if (value.is_scalar() && value.text == "same") {
    out = {true, {}};
    return true;
  }
  Size size;
  if (!read_size(value, argument, "an integer, [height, width] or same", size, diagnostics)) return false;
  out = {false, size};
  return true;
}

bool read_value(const Value& value, const Argument& argument, std::vector<double>& out, Diagnostics& diagnostics) {
  return read_list(value, argument, "numbers", out, diagnostics);
}

bool read_value(const Value& value, const Argument& argument, std::vector<std::int64_t>& out, Diagnostics& diagnostics) {
  return read_list(value, argument, "integers", out, diagnostics);
}

bool read_value(const Value& value, const Argument& argument, ImageSize& out, Diagnostics& diagnostics) {
  Size size;
  if (!read_size(value, argument, "an integer or [height, width]", size, diagnostics)) return false;
  out = {!value.is_list(), size};
  return true;
}

bool read_value(const Value& value, const Argument& argument, Spread& out, Diagnostics& diagnostics) {
  if (!value.is_list()) {
    double number = 0;
    if (!read_float(value, argument, "a number or [low, high]", number, diagnostics)) return false;
    out = {true, number, number};
    return true;
  }
  std::vector<double> ends;
  if (!read_list(value, argument, "numbers", ends, diagnostics)) return false;
  if (ends.size() != 2 || ends[0] > ends[1]) {
    diagnostics.error(value.place, fmt::format("{} must be a number or [low, high]", called(argument)));
    return false;
  }
  out = {false, ends[0], ends[1]};
  return true;
}

bool read_value(const Value& value, const Argument& argument, std::vector<std::string>& out, Diagnostics& diagnostics) {
  if (!value.is_scalar()) return read_list(value, argument, "texts", out, diagnostics);
  std::string text;
  if (!read_value(value, argument, text, diagnostics)) return false;
  out = {text};
  return true;
}

bool read_value(const Value& value, const Argument& argument, Duration& out, Diagnostics& diagnostics) {
  const auto count = count_of(value, std::array<std::string_view, 2>{"epoch", "step"});
  if (!count) return wrong_type(value, argument, "a number of epochs or steps", diagnostics, "write 5 epochs or 500 steps");
  out = {count->first, static_cast<Duration::Unit>(count->second)};
  return true;
}

bool read_value(const Value& value, const Argument& argument, Interval& out, Diagnostics& diagnostics) {
  const auto count = count_of(value, std::array<std::string_view, 3>{"epoch", "step", "minute"});
  if (!count || count->first < 1)
    return wrong_type(value, argument, "a number of epochs, steps or minutes, at least 1", diagnostics,
                      "write 1 epoch, 500 steps or 10 minutes");
  out = {count->first, static_cast<Interval::Unit>(count->second)};
  return true;
}

bool read_value(const Value& value, const Argument&, Value& out, Diagnostics&) {
  out = value;
  return true;
}

}  // namespace cnnctl
