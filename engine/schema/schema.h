#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "engine/config/value.h"
#include "engine/diagnostics/diagnostic.h"
#include "engine/diagnostics/suggestion.h"
#include "engine/schema/duration.h"
#include "engine/schema/size.h"

namespace cnnctl {

/// The numbers an argument may take. Bounds are inclusive unless `open_minimum`/`open_maximum`.
struct Range {
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
  bool open_minimum = false;
  bool open_maximum = false;
};

Range at_least(double minimum);
Range above(double minimum);
Range between(double minimum, double maximum);
/// [minimum, maximum).
Range from_below(double minimum, double maximum);

/// One argument as its owner declares it, for error messages, `cnnctl layers`, the JSON Schema and the reference: everything but where it
/// is stored.
struct Argument {
  std::string name;
  std::string type;  // "integer", "number", "boolean", "string", "size", "padding", "list of numbers", ...
  bool required = false;
  std::string default_text;          // as YAML, from a default-constructed arguments struct; "" where required
  Range range;                       // of numbers, and of each number of a size or list
  std::vector<std::string> choices;  // of a string
  std::string help;
  std::string owner = {};  // what takes it, for messages: "conv"; "" where there is none to name
};

/// A thing that a config can name (a layer, an optimizer, a schedule, a loss, a dataset, a transform) with its arguments.
struct Declaration {
  std::string name;
  std::string summary;  // one sentence
  std::string source;   // the paper or page it follows, as PyTorch's "torch.nn.Conv2d"
  std::vector<Argument> arguments;
};

/// Whether it has an argument of that name.
bool declares(const Declaration& declaration, std::string_view name);

/// `type` or `{type: {arguments}}`, taken apart. `arguments` is null or a map (anything else was reported).
struct Item {
  std::string type;
  Place type_place;
  Value arguments;
};

/// Takes an item apart. `what` names the kind for messages ("layer", "optimizer"). Returns nothing, with the mistake in `diagnostics`,
/// where `value` is neither a name nor a map of one name.
std::optional<Item> read_item(const Value& value, std::string_view what, Diagnostics& diagnostics);

/// Reading of one type: true and `out` set, or false with the mistake in `diagnostics`. Overloaded for every type an argument may have.
/// `argument` gives name, owner, range and choices. A quoted text is no number; 3.0 is no integer; YAML's true and false are the only
/// booleans.
bool read_value(const Value& value, const Argument& argument, bool& out, Diagnostics& diagnostics);
bool read_value(const Value& value, const Argument& argument, std::int64_t& out, Diagnostics& diagnostics);
bool read_value(const Value& value, const Argument& argument, double& out, Diagnostics& diagnostics);
bool read_value(const Value& value, const Argument& argument, std::string& out, Diagnostics& diagnostics);
bool read_value(const Value& value, const Argument& argument, Size& out, Diagnostics& diagnostics);
bool read_value(const Value& value, const Argument& argument, Padding& out, Diagnostics& diagnostics);
bool read_value(const Value& value, const Argument& argument, Duration& out, Diagnostics& diagnostics);
bool read_value(const Value& value, const Argument& argument, std::vector<double>& out, Diagnostics& diagnostics);
bool read_value(const Value& value, const Argument& argument, std::vector<std::int64_t>& out, Diagnostics& diagnostics);
bool read_value(const Value& value, const Argument& argument, ImageSize& out, Diagnostics& diagnostics);
bool read_value(const Value& value, const Argument& argument, Spread& out, Diagnostics& diagnostics);
/// Also a single text in the place of a list of one.
bool read_value(const Value& value, const Argument& argument, std::vector<std::string>& out, Diagnostics& diagnostics);
/// Any value at all, to be checked by its owner (a nested item, a map of its own).
bool read_value(const Value& value, const Argument& argument, Value& out, Diagnostics& diagnostics);
/// Whether a value says that an optional argument is absent: it is empty, or the word none.
inline bool is_none(const Value& value) { return value.is_null() || (value.is_scalar() && !value.quoted && value.text == "none"); }
template <class T>
bool read_value(const Value& value, const Argument& argument, std::optional<T>& out, Diagnostics& diagnostics) {
  if (is_none(value)) {
    out.reset();
    return true;
  }
  return read_value(value, argument, out.emplace(), diagnostics);
}

/// The type's name and a default as YAML, by overload.
std::string type_name(bool), type_name(std::int64_t), type_name(double), type_name(const std::string&), type_name(const Size&);
std::string type_name(const Padding&), type_name(const std::vector<double>&), type_name(const std::vector<std::int64_t>&),
    type_name(const std::vector<std::string>&), type_name(const Duration&), type_name(const ImageSize&), type_name(const Spread&),
    type_name(const Value&);
std::string default_text(bool), default_text(std::int64_t), default_text(double), default_text(const std::string&),
    default_text(const Size&);
std::string default_text(const Padding&), default_text(const std::vector<double>&), default_text(const std::vector<std::int64_t>&),
    default_text(const std::vector<std::string>&), default_text(const Duration&), default_text(const ImageSize&),
    default_text(const Spread&), default_text(const Value&);
template <class T>
std::string type_name(const std::optional<T>&) {
  return type_name(T{});
}
template <class T>
std::string default_text(const std::optional<T>& value) {
  return value ? default_text(*value) : "none";
}

/// Reports every key of `map` that is not among `known`, with a suggestion. `owner` is "conv", "train", ...
void report_unknown_keys(const Value& map, const std::vector<std::string>& known, std::string_view owner, Diagnostics& diagnostics);

/// The arguments of one declared thing, bound to the members of `T` or of a base of it, a struct whose in-class initialisers are the
/// defaults. Declared once, read by all:
///
///     const Schema<ConvArguments> schema = Schema<ConvArguments>("conv", "2D convolution.", "torch.nn.Conv2d")
///         .required("out_channels", &ConvArguments::out_channels, "number of output channels", at_least(1))
///         .optional("stride", &ConvArguments::stride, "step of the window", at_least(1));
template <class T>
class Schema {
 public:
  Schema(std::string name, std::string summary, std::string source = "")
      : declaration_{std::move(name), std::move(summary), std::move(source), {}} {}

  template <class Member, class Owner>
  Schema& required(std::string name, Member Owner::*member, std::string help, Range range = {}, std::vector<std::string> choices = {}) {
    return bind(member, {std::move(name), "", true, "", range, std::move(choices), std::move(help), declaration_.name});
  }
  template <class Member, class Owner>
  Schema& optional(std::string name, Member Owner::*member, std::string help, Range range = {}, std::vector<std::string> choices = {}) {
    return bind(member, {std::move(name), "", false, "", range, std::move(choices), std::move(help), declaration_.name});
  }
  const Declaration& declaration() const { return declaration_; }

  /// Reads `arguments` (null or a map). Unknown, missing and wrong arguments go to `diagnostics`; `place` is the item's, for what is
  /// missing. Returns nothing where something was wrong.
  std::optional<T> read(const Value& arguments, const Place& place, Diagnostics& diagnostics) const {
    Diagnostics found;
    T result;
    if (check_shape(arguments, place, found))
      for (std::size_t i = 0; i < readers_.size(); ++i)
        if (const Value* value = arguments.find(declaration_.arguments[i].name))
          readers_[i](*value, declaration_.arguments[i], result, found);
    diagnostics.add(found);
    if (found.has_errors()) return std::nullopt;
    return result;
  }

 private:
  template <class Member, class Owner>
  Schema& bind(Member Owner::*member, Argument argument) {
    const T defaults{};
    constexpr bool is_list = std::is_same_v<Member, std::vector<std::string>>;
    argument.type = argument.choices.empty() ? type_name(defaults.*member) : is_list ? "list of choices" : "choice";
    if (!argument.required) argument.default_text = default_text(defaults.*member);
    declaration_.arguments.push_back(std::move(argument));
    readers_.push_back([member](const Value& value, const Argument& described, T& out, Diagnostics& diagnostics) {
      return read_value(value, described, out.*member, diagnostics);
    });
    return *this;
  }

  /// Reports what concerns the arguments as a whole: not a map, unknown keys, missing arguments. False where there is no map to read.
  bool check_shape(const Value& arguments, const Place& place, Diagnostics& diagnostics) const;

  Declaration declaration_;
  std::vector<std::function<bool(const Value&, const Argument&, T&, Diagnostics&)>> readers_;
};

/// What Schema::read reports whatever its T is.
bool check_arguments(const Declaration& declaration, const Value& arguments, const Place& place, Diagnostics& diagnostics);

template <class T>
bool Schema<T>::check_shape(const Value& arguments, const Place& place, Diagnostics& diagnostics) const {
  return check_arguments(declaration_, arguments, place, diagnostics);
}

/// A checked item of one of the tables below: the optimizer, the schedule, the loss, a dataset. Its owner reads the arguments into its own
/// type.
struct Selection {
  std::string type;
  Place place;
  Value arguments;
};

/// One line of a table of things a config can choose among: what it is called and how its arguments are checked.
struct Choice {
  const Declaration* declaration = nullptr;
  std::function<void(const Value& arguments, const Place& place, Diagnostics& diagnostics)> check;
};

/// The line of a table for `schema`, which must outlive it.
template <class T>
Choice choice_of(const Schema<T>& schema) {
  return {&schema.declaration(),
          [&schema](const Value& arguments, const Place& place, Diagnostics& diagnostics) { schema.read(arguments, place, diagnostics); }};
}

/// The lines of a table of types, each of which has its line as `choice`.
template <class Type>
std::vector<Choice> choices_of(const std::vector<Type>& types) {
  std::vector<Choice> choices;
  for (const Type& type : types) choices.push_back(type.choice);
  return choices;
}

/// The type of a table that a selection names. Throws std::invalid_argument where there is none, which select() would have reported.
template <class Type>
const Type& type_of(const Selection& selection, const std::vector<Type>& types) {
  for (const Type& type : types)
    if (type.choice.declaration->name == selection.type) return type;
  throw std::invalid_argument("nothing in the table is called " + selection.type);
}

/// Reads `value` as an item of `table`. An unknown type's error has a suggestion and lists the known ones; arguments are checked. `what`:
/// "optimizer", ...
std::optional<Selection> select(const Value& value, std::string_view what, const std::vector<Choice>& table, Diagnostics& diagnostics);

}  // namespace cnnctl
