#include "engine/network/expression.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "engine/config/parse.h"
#include "engine/network/vars.h"

namespace cnnctl {
namespace {

const std::string definitions =
    "{three: 3, half: 0.5, yes: true, off: false, act: relu, quoted: '7', _e: 8, items: [relu], nested: '${three * 2}', huge: "
    "9007199254740993}";

/// What the text gives where a map 64x14x7 enters, as YAML on one line; or the first mistake.
std::string given(const std::string& text) {
  Diagnostics diagnostics;
  const Value map = parse_yaml(std::make_shared<const Source>(Source{"vars.yaml", definitions}), diagnostics);
  Vars vars(map, diagnostics);
  vars.set_input(Shape{64, 14, 7});
  Value value;
  value.kind = Value::Kind::scalar;
  value.text = text;
  const std::optional<Value> result = vars.substitute(value, diagnostics);
  CHECK((result.has_value() || diagnostics.has_errors()));
  return diagnostics.has_errors() ? diagnostics.sorted().front().message : to_yaml_inline(*result);
}

}  // namespace

TEST_CASE("arithmetic on integers stays an integer where it is whole") {
  CHECK(given("${three * 4 + 2}") == "14");
  CHECK(given("${(1 + 2) * -3}") == "-9");
  CHECK(given("${7 / 2}") == "3.5");
  CHECK(given("${8 / 2}") == "4");
  CHECK(given("${half * 2}") == "1");
  CHECK(given("${7 % 4}") == "3");
  CHECK(given("${2 ^ 10}") == "1024");
}

TEST_CASE("vars with expressions are worked out, and the shape that enters has names") {
  CHECK(given("${nested + 1}") == "7");
  CHECK(given("${in_channels * in_height / in_width}") == "128");
  CHECK(given("$in_channels") == "64");
  CHECK(given("${index}") == "0");
  CHECK(given("${_e * 2}") == "16");
}

TEST_CASE("functions round, choose and make divisible") {
  CHECK(given("${floor(7 / 2)}") == "3");
  CHECK(given("${ceil(7 / 2)}") == "4");
  CHECK(given("${round(2.5)}") == "3");
  CHECK(given("${min(3, 2, 5) + max(1, 7)}") == "9");
  // torchvision's _make_divisible: to the nearest multiple, but never a tenth below.
  CHECK(given("${make_divisible(30, 8)}") == "32");
  CHECK(given("${make_divisible(11, 8)}") == "16");
  CHECK(given("${make_divisible(3, 8)}") == "8");
  CHECK(given("${make_divisible(3, 8, 16)}") == "16");
}

TEST_CASE("comparisons give booleans, and booleans can be combined") {
  CHECK(given("${three > 2}") == "true");
  CHECK(given("${three == 4}") == "false");
  CHECK(given("${!(three == 4) && off == 0}") == "true");
  CHECK(given("${(three != 3) || yes}") == "true");
  CHECK(given("${((three >= 3))}") == "true");
  CHECK(given("${!three ^ 2}") == "false");
  CHECK(given("${!(three == 4)}") == "true");
  CHECK(given("${(yes)}") == "true");
  CHECK(given("${three > 2 ? 8 : 16}") == "8");
  CHECK(given("${three > 2 ? three < 1 : yes}") == "false");
}

TEST_CASE("a negation gives a boolean only where nothing computes with it") {
  CHECK(given("${!yes ? 16 : 32}") == "32");
  CHECK(given("l${!off ? 1 : 2}") == "\"l1\"");
  CHECK(given("${!off * 8 + 8}") == "16");
  CHECK(given("${!off - 1}") == "0");
  CHECK(given("${!yes || three > 4}") == "false");
  CHECK(given("${!(yes * three)}") == "false");
}

TEST_CASE("a choice gives a boolean where either side is one, be it by its name") {
  CHECK(given("${yes ? off : three < 1}") == "false");
  CHECK(given("${off ? three : yes}") == "true");
  CHECK(given("${yes ? yes : off}") == "true");
  CHECK(given("${off ? 1 : off ? 0 : three > 1}") == "true");
  CHECK(given("${yes ? off ? three < 1 : yes : 0}") == "true");
  CHECK(given("${(yes ? !off : 0)}") == "true");
  CHECK(given("${yes ? three : off}") == "3");
  CHECK(given("${three > 1 ? three : 4}") == "3");
}

TEST_CASE("an expression that is one name keeps the type of what it stands for") {
  CHECK(given("${act}") == "relu");
  CHECK(given("${ yes }") == "true");
  CHECK(given("${items}") == "[relu]");
}

TEST_CASE("inside longer text expressions give text") {
  CHECK(given("denselayer${three + 1}") == "\"denselayer4\"");
  CHECK(given("${three}x${three}") == "\"3x3\"");
  CHECK(given("a-${act}-${yes}") == "\"a-relu-true\"");
  CHECK(given("a${items}").find("which cannot stand inside a text") != std::string::npos);
}

TEST_CASE("what cannot be worked out is an error that says why") {
  CHECK(given("${thre + 1}") == "unknown name 'thre' in an expression; did you mean 'three'?");
  CHECK(given("${flor(1)}") == "unknown name 'flor' in an expression; did you mean 'floor'?");
  CHECK(given("${act + 1}") == "'act' is 'relu', which an expression cannot compute with");
  CHECK(given("${quoted + 1}").find("'quoted' is") == 0);
  CHECK(given("${1 / 0}") == "'1 / 0' gives no finite number");
  CHECK(given("${1 +}").find("cannot work out '1 +': ") == 0);
  CHECK(given("${(1}").find("cannot work out '(1': ") == 0);
  CHECK(given("${}") == "an expression without content");
  CHECK(given("a ${three") == "an expression without its end");
  CHECK(given("${make_divisible(1)}").find("make_divisible takes") != std::string::npos);
  CHECK(given("${make_divisible(8, 0)}").find("a divisor above 0") != std::string::npos);
  CHECK(given("${sqrt(4)}") == "unknown name 'sqrt' in an expression");
}

TEST_CASE("a single = and a comma outside of a function are errors, for they do not say what they seem to") {
  CHECK(given("${three = 4 ? 64 : 32}") == "cannot work out 'three = 4 ? 64 : 32': a single = assigns; == compares");
  CHECK(given("${three =< 4}").find("a single =") != std::string::npos);
  CHECK(given("${3, 7}") == "cannot work out '3, 7': a comma stands between a function's arguments alone");
  CHECK(given("${three == 3 && three <= 3 && three >= 3 && three != 4}") == "true");
  CHECK(given("${max(1, min(7, 5))}") == "5");
}

TEST_CASE("an expression's length is bounded") {
  CHECK(given("${1" + std::string(2000, '0') + "}") == "an expression has at most 1000 characters");
  CHECK(given("${" + std::string(900, '(') + "}").find("cannot work out") == 0);
}

TEST_CASE("a mistake in an expression is shown where it stands in the text") {
  Diagnostics diagnostics;
  const Value map = parse_yaml(std::make_shared<const Source>(Source{"net.yaml", "a: \"x${ b + 1 }\"\n"}), diagnostics);
  Vars().substitute(map, diagnostics);
  REQUIRE(diagnostics.sorted().size() == 1);
  CHECK(diagnostics.sorted()[0].place.begin == 7);
  CHECK(diagnostics.sorted()[0].place.end == 14);
}

}  // namespace cnnctl
