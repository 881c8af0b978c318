#include "engine/config/parse.h"

#include <doctest/doctest.h>

#include "tests/config/support.h"

using namespace cnnctl;

namespace {

using Mistakes = std::vector<std::string>;

Mistakes mistakes(const std::string& text) { return mistakes_in(Parsed(text).diagnostics); }

/// The value of the key `v` in `text`, which has no mistakes.
Value read(const std::string& text) {
  const Parsed parsed(text);
  CHECK(mistakes_in(parsed.diagnostics) == Mistakes{});
  const Value* value = parsed.value.find("v");
  REQUIRE(value != nullptr);
  return *value;
}

/// `depth` lists in each other.
std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_CASE("a plain text is a scalar that is not quoted, whatever it looks like") {
  for (const std::string text : {"5", "0x10", "1e3", "true", "no", "relu", "$width", "a b", "-3", "größe", "2001-01-01", ".inf"}) {
    const Value value = read("v: " + text);
    CHECK(value.is_scalar());
    CHECK(value.text == text);
    CHECK_FALSE(value.quoted);
  }
}

TEST_CASE("texts in quotes, block scalars and those tagged as a text are quoted") {
  CHECK(read("v: '5'").text == "5");
  CHECK(read("v: \"5\\n\\u00e9\"").text == "5\né");
  CHECK(read("v: 'it''s'").text == "it's");
  CHECK(read("v: |\n  a\n  b\n").text == "a\nb\n");
  CHECK(read("v: >-\n  a\n  b\n").text == "a b");
  CHECK(read("v: !!str 5").text == "5");
  for (const char* text : {"v: '5'", "v: \"5\"", "v: |\n  5\n", "v: >\n  5\n", "v: !!str 5", "v: \"null\"", "v: ''"}) {
    CAPTURE(text);
    CHECK(read(text).is_scalar());
    CHECK(read(text).quoted);
  }
}

TEST_CASE("the words for null and an empty value are null, with no text") {
  for (const char* text : {"v:", "v: ~", "v: null", "v: Null", "v: NULL", "v: # nothing\n", "{v: }", "{v}"}) {
    CAPTURE(text);
    CHECK(read(text).is_null());
    CHECK(read(text).text == "");
  }
}

TEST_CASE("lists and maps keep the order of the file") {
  const Value value = read("v: {b: 1, a: [x, {y: 2}]}");
  REQUIRE(value.entries.size() == 2);
  CHECK(value.entries[0].key == "b");
  CHECK(value.entries[1].key == "a");
  REQUIRE(value.entries[1].value.items.size() == 2);
  CHECK(value.entries[1].value.items[1].find("y")->text == "2");
  CHECK(read("v: []").is_list());
  CHECK(read("v: {}").is_map());
}

TEST_CASE("a text without any value is null") {
  for (const char* text : {"", "# a comment\n", "\n\n", "---\n...\n", "\xEF\xBB\xBF"}) {
    CAPTURE(text);
    CHECK(Parsed(text).value.is_null());
    CHECK(mistakes(text) == Mistakes{});
  }
}

TEST_CASE("a key written twice is an error at the second with a note at the first; the first counts") {
  const Parsed parsed("a: 1\nb:\n  c: 1\n  'c': 2\na: 3\n");
  CHECK(mistakes_in(parsed.diagnostics) == Mistakes{"4:3: key 'c' is written twice", "5:1: key 'a' is written twice"});
  CHECK(parsed.value.find("a")->text == "1");
  const std::vector<Note> notes = parsed.diagnostics.sorted()[0].notes;
  REQUIRE(notes.size() == 1);
  CHECK(to_string(notes[0].place) == "net.yaml:3:3");
}

TEST_CASE("a key must be a text") {
  CHECK(mistakes("[1]: 2") == Mistakes{"1:1: a key must be a text, not a list"});
  CHECK(mistakes("a: {{b}: 1}") == Mistakes{"1:5: a key must be a text, not a map"});
  CHECK(mistakes("~: 2") == Mistakes{"1:1: a key must be a text, not nothing"});
  CHECK(mistakes("5: 2") == Mistakes{});
  CHECK(mistakes("? " + std::string(1025, 'k') + "\n: 1\n") == Mistakes{"1:3: a key of more than 1024 bytes"});
}

TEST_CASE("merge keys are refused, but not a key in quotes") {
  CHECK(mistakes("a: &x {b: 1}\nc:\n  <<: *x\n") == Mistakes{"3:3: merge keys (<<) are not supported"});
  CHECK(mistakes("'<<': 1") == Mistakes{});
}

TEST_CASE("tags other than those of texts, lists and maps are refused") {
  CHECK(mistakes("a: !foo 3") == Mistakes{"1:4: tag '!foo' is not supported"});
  CHECK(mistakes("a: &x !!int 3") == Mistakes{"1:7: tag '!!int' is not supported"});
  CHECK(mistakes("a: !!set {b}") == Mistakes{"1:4: tag '!!set' is not supported"});
  CHECK(mistakes("a: !!omap [b]") == Mistakes{"1:4: tag '!!omap' is not supported"});
  CHECK(mistakes("a: !!map {b: !!seq [!!str 1]}") == Mistakes{});
}

TEST_CASE("a second document is an error, an empty first one is none") {
  CHECK(mistakes("a: 1\n---\nb: 1\n") == Mistakes{"2:1: a second YAML document"});
  CHECK(mistakes("%YAML 1.2\n---\na: 1\n...\n") == Mistakes{});
}

TEST_CASE("an alias stands for a copy of its anchor's value") {
  const Value value = read("a: &x {b: [1, 2]}\nv: *x\n");
  CHECK(text_of(value.place) == "*x");
  REQUIRE(value.find("b") != nullptr);
  CHECK(value.find("b")->items[1].text == "2");
  CHECK(to_string(value.find("b")->place) == "net.yaml:1:11");
  CHECK(read("a: &x\nv: *x\n").is_null());
  CHECK(read("&k v: 1\nb: *k\n").text == "1");
  CHECK(read("a: &k v\n*k : 3\n").text == "3");
}

TEST_CASE("an alias that is unknown or lies inside its own anchor is an error") {
  const Mistakes unknown = mistakes("a: *x");
  REQUIRE(unknown.size() == 1);
  CHECK(unknown[0].starts_with("1:4: YAML syntax: an alias without its anchor (the referenced anchor is not defined"));
  CHECK(mistakes("a: &x [1, *x]") == Mistakes{"1:11: an alias inside the value that it stands for"});
}

TEST_CASE("aliases that multiply are stopped early") {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 1; k < 10; ++k) text += ", " + before;
    text += "]\n";
  }
  const Parsed parsed(text);
  REQUIRE(parsed.diagnostics.has_errors());
  CHECK(parsed.diagnostics.sorted()[0].message == "more than 1000000 values, those that aliases stand for included");
}

TEST_CASE("aliases of a long text are stopped early") {
  std::string text = "a: &a '" + std::string(1000000, 'x') + "'\nb: [*a";
  for (int i = 0; i < 1000; ++i) text += ", *a";
  CHECK(Parsed(text + "]\n").diagnostics.has_errors());
}

TEST_CASE("a hundred levels can be nested and not one more, also through aliases") {
  CHECK(mistakes(nested(100)) == Mistakes{});
  CHECK(mistakes(nested(101)) == Mistakes{"1:101: nested deeper than 100 levels"});
  const Mistakes unclosed = mistakes(std::string(100000, '['));
  REQUIRE(unclosed.size() == 1);
  CHECK(unclosed[0].ends_with("nested deeper than 100 levels"));
  CHECK(mistakes("a: &a " + nested(60) + "\nb: " + std::string(39, '[') + "*a" + std::string(39, ']')) == Mistakes{});
  CHECK(mistakes("a: &a " + nested(60) + "\nb: " + std::string(40, '[') + "*a" + std::string(40, ']')) ==
        Mistakes{"2:44: nested deeper than 100 levels"});
}

TEST_CASE("syntax errors are explained in plain words at their place") {
  CHECK(mistakes("a: b: c\n") == Mistakes{"1:5: YAML syntax: a ':' that cannot stand here (illegal map value)"});
  CHECK(mistakes("a:\n\tb: 1\n") == Mistakes{"2:3: YAML syntax: a tab in the indentation (illegal map value)"});
  CHECK(mistakes("a: @x\n") == Mistakes{"1:4: YAML syntax: a text cannot begin with this character (unknown token)"});
  CHECK(mistakes("a: 1\n- b\n") == Mistakes{"2:1: YAML syntax: this does not belong to the map that it stands in (end of map not found)"});
}

TEST_CASE("a bracket that is never closed is pointed at") {
  const Parsed parsed("model:\n  - conv: {out_channels: [1, 2\n");
  const std::vector<Diagnostic> found = parsed.diagnostics.sorted();
  REQUIRE(found.size() == 1);
  CHECK(found[0].message == "YAML syntax: a '[' is never closed, or a ',' is missing (end of sequence flow not found)");
  REQUIRE(found[0].notes.size() == 1);
  CHECK(to_string(found[0].notes[0].place) == "net.yaml:2:26");
}

TEST_CASE("an expression in braces without quotes is recognised") {
  const Parsed parsed("model:\n  - conv: {out_channels: ${x * 2}}\n");
  REQUIRE(parsed.diagnostics.sorted().size() == 1);
  CHECK(parsed.diagnostics.sorted()[0].hint == "inside braces or brackets an expression needs quotes: \"${...}\"");
}

TEST_CASE("quotes that are never closed are an error, which yaml-cpp lets pass") {
  CHECK(mistakes("a: \"b\nc: 1\n") == Mistakes{"1:4: a text in quotes that is never closed"});
  CHECK(mistakes("a: 'b''\nc: 1\n") == Mistakes{"1:4: a text in quotes that is never closed"});
}

TEST_CASE("what was read before a syntax error is returned") {
  const Parsed parsed("a: 1\nb: [1, 2\nc: 3\n");
  CHECK(parsed.diagnostics.has_errors());
  REQUIRE(parsed.value.find("a") != nullptr);
  CHECK(parsed.value.find("a")->text == "1");
}

TEST_CASE("bytes that are not UTF-8 and control characters are errors") {
  CHECK(mistakes("a: 1\nb: \xff\n") == Mistakes{"2:4: the byte 0xff is not UTF-8"});
  CHECK(mistakes("a: \xC3") == Mistakes{"1:4: the byte 0xc3 is not UTF-8"});
  CHECK(mistakes("a: \xED\xA0\x80") == Mistakes{"1:4: the byte 0xed is not UTF-8"});
  CHECK(mistakes("a: \xC0\x80") == Mistakes{"1:4: the byte 0xc0 is not UTF-8"});
  CHECK(mistakes("a: \xF4\x90\x80\x80") == Mistakes{"1:4: the byte 0xf4 is not UTF-8"});
  CHECK(mistakes("a: \x1b[0m") == Mistakes{"1:4: a control character (0x1b) cannot stand in YAML"});
  CHECK(mistakes(std::string("a: x\0y", 6)) == Mistakes{"1:5: a control character (0x00) cannot stand in YAML"});
  CHECK(mistakes("a: 1\rb: 2\r") == Mistakes{"1:5: a control character (0x0d) cannot stand in YAML"});
  CHECK(mistakes("a: \xF0\x9F\x98\x80 \xE6\x97\xA5") == Mistakes{});
}
