#include "engine/network/expression.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <deque>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <muParser.h>

#include "engine/diagnostics/suggestion.h"
#include "engine/schema/schema.h"

namespace cnnctl {
namespace {

constexpr std::string_view opening = "${";
constexpr std::size_t longest_expression = 1000;              // characters
constexpr std::size_t longest_text = std::size_t{64} << 10U;  // bytes, once the expressions in it are replaced
constexpr std::size_t worked_out_bytes = 16;                  // of a text: what counts as one value put in
constexpr double largest_whole = 9'007'199'254'740'992;       // 2^53: beyond it not every whole number is a double

/// Thrown through muparser where a name's value is missing; the mistake is reported already, or a shape is unknown.
struct NoValue {};

double make_divisible(const double* arguments, int count) {
  if (count < 2 || count > 3) throw mu::ParserError("make_divisible takes a number, a divisor and perhaps the least result");
  const double number = arguments[0], divisor = arguments[1], least = count == 3 ? arguments[2] : divisor;
  if (!(divisor > 0)) throw mu::ParserError("make_divisible needs a divisor above 0");
  const double rounded = std::max(least, std::floor((number + divisor / 2) / divisor) * divisor);
  constexpr double most_loss = 0.9;  // rounding down may not take more than a tenth
  return rounded < most_loss * number ? rounded + divisor : rounded;
}

template <bool greatest>
double extreme(const double* arguments, int count) {
  if (count < 1) throw mu::ParserError(fmt::format("{} takes one number or more", greatest ? "max" : "min"));
  return greatest ? *std::max_element(arguments, arguments + count) : *std::min_element(arguments, arguments + count);
}

const std::vector<std::string> function_names = {"floor", "ceil", "round", "min", "max", "make_divisible"};

/// The words and signs whose result is a boolean.
constexpr std::array<std::string_view, 8> comparisons = {"&&", "||", "==", "!=", "<=", ">=", "<", ">"};

/// The signs whose result is a number although a `!` stands before it. Not ^, which binds more tightly than `!`.
constexpr std::array<std::string_view, 5> arithmetic = {"+", "-", "*", "/", "%"};

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](unsigned char c) { return std::isspace(c) != 0; };
  while (!text.empty() && is_blank(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && is_blank(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

/// For every character, how many parentheses are open there; an opening one counts itself.
std::vector<int> nesting_of(std::string_view text) {
  std::vector<int> nesting;
  int depth = 0;
  for (const char c : text) {
    depth += c == '(' ? 1 : 0;
    nesting.push_back(depth);
    depth -= c == ')' ? 1 : 0;
  }
  return nesting;
}

/// Throws for what muparser would take in another way than it is meant: a single = as an assignment, which gives its right side, and a
/// comma outside of parentheses as a list, of which it gives the last.
void check_signs(std::string_view text) {
  const std::vector<int> nesting = nesting_of(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ',' && nesting[i] == 0) throw mu::ParserError("a comma stands between a function's arguments alone");
    if (text[i] != '=') continue;
    const bool ends = i > 0 && std::string_view("=!<>").find(text[i - 1]) != std::string_view::npos;
    const bool begins = i + 1 < text.size() && text[i + 1] == '=';
    if (!ends && !begins) throw mu::ParserError("a single = assigns; == compares");
  }
}

/// Tells whether an expression gives a boolean: muparser has numbers alone, so its text tells, by the operator that is carried out last.
class BooleanText {
 public:
  /// `names`: those that stand for booleans.
  explicit BooleanText(const std::set<std::string, std::less<>>& names) : names_(names) {}

  bool is_boolean(std::string_view text) const {
    text = trimmed(text);
    const std::vector<int> nesting = nesting_of(text);
    if (const std::size_t choice = find_outside(text, nesting, "?"); choice != npos) return is_choice_boolean(text.substr(choice + 1));
    if (holds_any(text, nesting, comparisons)) return true;
    if (text.starts_with('!')) return !holds_any(text, nesting, arithmetic);  // it binds as tightly as a sign
    const bool enclosed = text.starts_with('(') && std::all_of(nesting.begin(), nesting.end(), [](int depth) { return depth > 0; });
    return enclosed ? is_boolean(text.substr(1, text.size() - 2)) : names_.contains(text);
  }

 private:
  static constexpr std::size_t npos = std::string_view::npos;

  /// Where `word` stands first outside parentheses.
  static std::size_t find_outside(std::string_view text, const std::vector<int>& nesting, std::string_view word) {
    std::size_t at = text.find(word);
    while (at != npos && nesting[at] > 0) at = text.find(word, at + 1);
    return at;
  }

  template <std::size_t count>
  static bool holds_any(std::string_view text, const std::vector<int>& nesting, const std::array<std::string_view, count>& signs) {
    return std::any_of(signs.begin(), signs.end(), [&](std::string_view sign) { return find_outside(text, nesting, sign) != npos; });
  }

  /// Of `a : b`: one side that is a boolean will do, since the other may be a number that stands for one.
  bool is_choice_boolean(std::string_view sides) const {
    const std::size_t end = first_side(sides);
    return is_boolean(sides.substr(0, end)) || (end < sides.size() && is_boolean(sides.substr(end + 1)));
  }

  /// How long the first side is: to the colon that belongs to no choice inside it.
  static std::size_t first_side(std::string_view sides) {
    int choices = 0;  // that are open
    const std::vector<int> nesting = nesting_of(sides);
    for (std::size_t i = 0; i < sides.size(); ++i) {
      if (nesting[i] > 0) continue;
      if (sides[i] == ':' && choices == 0) return i;
      choices += sides[i] == '?' ? 1 : sides[i] == ':' ? -1 : 0;
    }
    return sides.size();
  }

  const std::set<std::string, std::less<>>& names_;
};

/// A part of a scalar's text where it stands in the file; the whole scalar where the file writes it otherwise (escapes, folded lines).
Place part_of(const Value& value, std::size_t offset, std::size_t length) {
  const Place& place = value.place;
  if (!place.source) return place;
  const std::size_t begin = place.begin + (value.quoted ? 1 : 0) + offset;
  if (place.source->text.compare(begin, length, value.text, offset, length) != 0) return place;
  return {place.source, begin, begin + length};
}

/// One `${...}` of a scalar.
struct Expression {
  std::string text;
  Place place;
};

/// Works out expressions in one environment.
class Evaluation {
 public:
  Evaluation(const Environment& environment, Diagnostics& diagnostics) : environment_(environment), diagnostics_(diagnostics) {}

  std::optional<Value> evaluate(const Expression& expression) {
    const std::string_view text = trimmed(expression.text);
    if (is_identifier(text)) return named(std::string(text), expression.place);
    try {
      const double number = compute(expression);
      return scalar(number, BooleanText(booleans_).is_boolean(text), expression);
    } catch (const mu::ParserError& error) {
      report(error, expression);
    } catch (const NoValue&) {
    }
    return std::nullopt;
  }

 private:
  static double* variable(const char* name, void* self) { return static_cast<Evaluation*>(self)->number_of(name); }

  double compute(const Expression& expression) {
    place_ = &expression.place;
    check_signs(expression.text);
    mu::Parser parser;
    parser.EnableOptimizer(false);
    parser.ClearConst();  // what it calls _e and _pi may be a var
    parser.ClearFun();
    parser.DefineFun("min", extreme<false>);
    parser.DefineFun("max", extreme<true>);
    parser.DefineFun("floor", [](double x) { return std::floor(x); });
    parser.DefineFun("ceil", [](double x) { return std::ceil(x); });
    parser.DefineFun("round", [](double x) { return std::round(x); });
    parser.DefineFun("make_divisible", make_divisible);
    parser.DefineOprt(
        "%", [](double a, double b) { return std::fmod(a, b); }, mu::prMUL_DIV);
    parser.DefineInfixOprt("!", [](double x) { return x == 0 ? 1.0 : 0.0; });
    parser.SetVarFactory(variable, this);
    parser.SetExpr(expression.text);
    return parser.Eval();
  }

  std::optional<Value> named(const std::string& name, const Place& place) {
    const std::optional<Bound> bound = resolve(scalar_value("$" + name, place), environment_, diagnostics_);
    if (!bound) return std::nullopt;
    return *bound->value;
  }

  /// muparser asks for every name that is no function of its own.
  double* number_of(const std::string& name) {
    if (!is_special(name) && environment_.find(name) == nullptr) {
      if (!environment_.may_list_names(*place_, diagnostics_)) throw NoValue{};
      std::vector<std::string> known = environment_.names();
      known.insert(known.end(), function_names.begin(), function_names.end());
      diagnostics_.error(*place_, fmt::format("unknown name '{}' in an expression{}", name, did_you_mean(name, known)));
      throw NoValue{};
    }
    const std::optional<Value> value = named(name, *place_);
    if (!value) throw NoValue{};
    if (is_boolean_word(*value)) booleans_.insert(name);
    return &numbers_.emplace_back(to_number(name, *value));
  }

  static bool is_boolean_word(const Value& value) {
    return value.is_scalar() && !value.quoted && (value.text == "true" || value.text == "false");
  }

  double to_number(const std::string& name, const Value& value) {
    if (is_boolean_word(value)) return value.text == "true" ? 1 : 0;
    Argument argument;
    argument.name = name;
    double number = 0;
    Diagnostics found;
    if (read_value(value, argument, number, found)) return number;
    diagnostics_.error(*place_, fmt::format("'{}' is {}, which an expression cannot compute with", name, describe(value)));
    throw NoValue{};
  }

  std::optional<Value> scalar(double number, bool boolean, const Expression& expression) {
    if (!std::isfinite(number)) {
      diagnostics_.error(expression.place, fmt::format("'{}' gives no finite number", expression.text));
      return std::nullopt;
    }
    const bool whole = number == std::floor(number) && std::abs(number) <= largest_whole;
    // A choice between a boolean and a number may have taken the number.
    if (boolean && (number == 0 || number == 1)) return scalar_value(number != 0 ? "true" : "false", expression.place);
    return scalar_value(whole ? fmt::format("{}", static_cast<std::int64_t>(number)) : fmt::format("{}", number), expression.place);
  }

  void report(const mu::ParserError& error, const Expression& expression) {
    std::string reason = error.GetMsg();
    if (reason.ends_with('.')) reason.pop_back();
    if (!reason.empty()) reason.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(reason.front())));
    diagnostics_.error(expression.place, fmt::format("cannot work out '{}': {}", expression.text, reason));
  }

  const Environment& environment_;
  Diagnostics& diagnostics_;
  const Place* place_ = nullptr;
  std::deque<double> numbers_;                   // muparser keeps their addresses
  std::set<std::string, std::less<>> booleans_;  // the names that stand for true or false
};

/// Replaces the expressions of a text one after another.
class TextEvaluation {
 public:
  TextEvaluation(const Value& value, const Environment& environment, Diagnostics& diagnostics)
      : value_(value), environment_(environment), diagnostics_(diagnostics), evaluation_(environment, diagnostics) {}

  std::optional<Value> run() {
    const std::string& text = value_.text;
    Value result = value_;
    result.text.clear();
    result.quoted = true;  // a text, whatever it looks like
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t begin = text.find(opening, at);
      if (!append(std::string_view(text).substr(at, begin - at), result)) return std::nullopt;
      if (begin == std::string::npos) break;
      if (!environment_.spend(Environment::cost_of_name, value_.place, diagnostics_)) return std::nullopt;
      const std::optional<Expression> expression = expression_at(begin);
      std::optional<Value> part = expression ? evaluation_.evaluate(*expression) : std::nullopt;
      if (!part) return std::nullopt;
      at = begin + opening.size() + expression->text.size() + 1;
      if (begin == 0 && at == text.size()) {
        part->place = value_.place;
        return part;
      }
      if (!part->is_scalar()) {
        diagnostics_.error(expression->place,
                           fmt::format("'{}' is {}, which cannot stand inside a text", expression->text, describe(*part)));
        return std::nullopt;
      }
      if (!append(part->text, result)) return std::nullopt;
    }
    return result;
  }

 private:
  /// False, with the mistake reported, where the text grows too long: texts that double again and again would fill the memory.
  bool append(std::string_view piece, Value& result) {
    result.text += piece;
    if (result.text.size() <= longest_text) return true;
    diagnostics_.error(value_.place, fmt::format("this text grows to more than {} bytes once the vars in it are replaced", longest_text));
    return false;
  }

  std::optional<Expression> expression_at(std::size_t begin) {
    const std::size_t first = begin + opening.size();
    const std::size_t end = value_.text.find('}', first);
    if (end == std::string::npos) {
      diagnostics_.error(part_of(value_, begin, value_.text.size() - begin), "an expression without its end", "write ${...}");
      return std::nullopt;
    }
    Expression expression{value_.text.substr(first, end - first), part_of(value_, first, end - first)};
    if (trimmed(expression.text).empty()) {
      diagnostics_.error(value_.place, "an expression without content", "write a name or some arithmetic into ${...}");
      return std::nullopt;
    }
    if (expression.text.size() > longest_expression) {
      diagnostics_.error(expression.place, fmt::format("an expression has at most {} characters", longest_expression));
      return std::nullopt;
    }
    return expression;
  }

  const Value& value_;
  const Environment& environment_;
  Diagnostics& diagnostics_;
  Evaluation evaluation_;
};

}  // namespace

bool holds_expression(std::string_view text) { return text.find(opening) != std::string_view::npos; }

std::string_view sole_name(std::string_view text) {
  if (!text.starts_with(opening) || !text.ends_with('}')) return {};
  const std::string_view name = trimmed(text.substr(opening.size(), text.size() - opening.size() - 1));
  return is_identifier(name) ? name : std::string_view{};
}

std::optional<Value> evaluate_text(const Value& value, const Environment& environment, Diagnostics& diagnostics) {
  std::optional<Value> result = TextEvaluation(value, environment, diagnostics).run();
  if (result && !environment.spend(static_cast<std::int64_t>(result->text.size() / worked_out_bytes), value.place, diagnostics))
    result.reset();
  return result;
}

}  // namespace cnnctl
