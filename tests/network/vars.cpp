#include "engine/network/vars.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/config/parse.h"

namespace cnnctl {
namespace {

Value parse(const std::string& yaml, Diagnostics& diagnostics) {
  return parse_yaml(std::make_shared<const Source>(Source{"test.yaml", yaml}), diagnostics);
}

std::vector<std::string> messages(const Diagnostics& diagnostics) {
  std::vector<std::string> result;
  for (const Diagnostic& diagnostic : diagnostics.sorted()) result.push_back(diagnostic.message);
  return result;
}

/// `value` with `vars` put in, as YAML on one line, or the first mistake.
std::string substituted(const std::string& vars, const std::string& value) {
  Diagnostics diagnostics;
  const Value map = parse(vars, diagnostics);
  const Vars read(map, diagnostics);
  const std::optional<Value> result = read.substitute(parse(value, diagnostics), diagnostics);
  CHECK((result.has_value() || diagnostics.has_errors()));
  return diagnostics.has_errors() ? messages(diagnostics).front() : to_yaml_inline(*result);
}

using Messages = std::vector<std::string>;

}  // namespace

TEST_CASE("a var keeps its type wherever it stands") {
  CHECK(substituted("{a: 5, b: '5', c: [1, 2], d: {x: 1}, e: true}", "{k: $a, l: [$b, $c], m: $d, n: $e}") ==
        substituted("{}", "{k: 5, l: ['5', [1, 2]], m: {x: 1}, n: true}"));
}

TEST_CASE("a var may use others, above it or below") {
  CHECK(substituted("{a: 5, b: [$a, $a], c: $b}", "$c") == substituted("{}", "[5, 5]"));
  CHECK(substituted("{c: $b, b: [$a, $a], a: 5}", "$c") == substituted("{}", "[5, 5]"));
}

TEST_CASE("a key may be a var") { CHECK(substituted("{opt: adam}", "{$opt: {lr: 1}}") == substituted("{}", "{adam: {lr: 1}}")); }

TEST_CASE("a key from a var that is written already is a duplicate") {
  CHECK(substituted("{a: x}", "{x: 1, $a: 2}") == "duplicate key 'x'");
}

TEST_CASE("a key cannot be a list") { CHECK(substituted("{a: [1]}", "{$a: 2}").find("'$a' stands for") == 0); }

TEST_CASE("a var that stands for itself, at once or through others, is an error") {
  CHECK(substituted("{a: $a}", "$a") == "var 'a' uses itself");
  CHECK(substituted("{a: $b, b: '${c + 1}', c: '${a + 1}'}", "$a") == "var 'a' uses itself");
  CHECK(substituted("{a: [1, $a]}", "$a").find("nests deeper than 100 levels") != std::string::npos);
}

TEST_CASE("an unknown var is an error with a suggestion") {
  CHECK(substituted("{width: 1}", "[$widht]") == "unknown var 'widht'; did you mean 'width'?");
}

TEST_CASE("every unknown var of a value is reported") {
  Diagnostics diagnostics;
  Vars vars;
  CHECK_FALSE(vars.substitute(parse("{a: $x, b: [$y, 1]}", diagnostics), diagnostics));
  CHECK(messages(diagnostics).size() == 2);
}

TEST_CASE("a text that goes on after a var's name is an error") {
  CHECK(substituted("{root: a}", "$root/mnist").find("'$root/mnist' is no var") == 0);
  CHECK(substituted("{}", "US$ 5") == substituted("{}", "US$ 5"));
}

TEST_CASE("a var's name is a word, and not one that expressions need") {
  for (const char* vars : {"{'a b': 1}", "{1a: 1}", "{index: 1}", "{in_channels: 1}", "[a]", "5"}) {
    CAPTURE(vars);
    Diagnostics diagnostics;
    const Value map = parse(vars, diagnostics);
    const Vars read(map, diagnostics);
    CHECK(messages(diagnostics).size() == 1);
  }
}

TEST_CASE("vars that are never used are warnings, and a use inside another var counts") {
  Diagnostics diagnostics;
  const Value map = parse("{a: 1, b: $a, c: 2, d: $c}", diagnostics);
  const Vars vars(map, diagnostics);
  vars.substitute(parse("[$d, $a]", diagnostics), diagnostics);
  vars.warn_unused(map.place, false, diagnostics);
  CHECK(messages(diagnostics) == Messages{"var 'b' is never used"});
  CHECK_FALSE(diagnostics.has_errors());
}

TEST_CASE("what was replaced keeps the place of its use") {
  Diagnostics diagnostics;
  const Value map = parse("{a: 1}", diagnostics);
  const Vars vars(map, diagnostics);
  const Value list = parse("[0, $a]", diagnostics);
  const std::optional<Value> result = vars.substitute(list, diagnostics);
  REQUIRE(result);
  CHECK(result->items[1].text == "1");
  CHECK(result->items[1].place.begin == list.items[1].place.begin);
}

TEST_CASE("vars that double again and again are refused before they fill the memory") {
  std::string yaml = "a0: [1, 1]\n";
  for (int i = 1; i <= 60; ++i) yaml += fmt::format("a{}: [$a{}, $a{}]\n", i, i - 1, i - 1);
  CHECK(substituted(yaml, "$a60").find("grows to more than 100000 values") != std::string::npos);
}

TEST_CASE("texts that double again and again are refused before they fill the memory") {
  std::string yaml = "a0: xxxxxxxxxx\n";
  for (int i = 1; i <= 40; ++i) yaml += fmt::format("a{}: \"${{a{}}}${{a{}}}\"\n", i, i - 1, i - 1);
  CHECK(substituted(yaml, "$a12") == '"' + std::string(40'960, 'x') + '"');
  CHECK(substituted(yaml, "$a40") == "this text grows to more than 65536 bytes once the vars in it are replaced");
}

TEST_CASE("a long text that is used again and again, be it as a key, counts as many values") {
  for (const std::string use : {"$text", "{$text: 1}"}) {
    CAPTURE(use);
    std::string yaml = "text: " + std::string(60'000, 'x') + "\nuses: [" + use;
    for (int i = 0; i < 2'000; ++i) yaml += ", " + use;
    CHECK(substituted(yaml + "]\n", "$uses") == "this grows to more than 100000 values once the vars in it are replaced");
  }
}

TEST_CASE("vars that nest ever deeper are refused before they fill the stack") {
  std::string yaml = "a0: 1\n";
  for (int i = 1; i <= 5000; ++i) yaml += fmt::format("a{}: [$a{}]\n", i, i - 1);
  CHECK(substituted(yaml, "$a5000").find("deeper than 100 levels") != std::string::npos);
}

TEST_CASE("very many unknown names among very many vars are refused before the search for near ones takes long") {
  std::string vars = "{";
  std::string uses = "[";
  for (int i = 0; i < 20'000; ++i) {
    vars += "v" + std::to_string(i) + ": 1, ";
    uses += (i % 2 == 0 ? "$w" : "\"${w") + std::to_string(i) + (i % 2 == 0 ? ", " : " + 1}\", ");
  }
  CHECK(substituted(vars + "}", uses + "]").find("unknown var 'w0'") == 0);
}

TEST_CASE("a large var that is used very often is refused") {
  std::string big = "big: [1";
  for (int i = 0; i < 90'000; ++i) big += ", 1";
  Diagnostics diagnostics;
  const Value map = parse(big + "]\n", diagnostics);
  const Vars vars(map, diagnostics);
  const Value use = parse("$big", diagnostics);
  for (int i = 0; i < 200; ++i) vars.substitute(use, diagnostics);
  CHECK(messages(diagnostics) == Messages{"the vars and blocks of this config grow too large where they are used"});
}

}  // namespace cnnctl
