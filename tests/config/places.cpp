#include <doctest/doctest.h>

#include "tests/config/support.h"

using namespace cnnctl;

namespace {

/// "line:column text" of the value of key `v`.
std::string place_of_v(const std::string& text) {
  const Parsed parsed(text);
  const Value* value = parsed.value.find("v");
  REQUIRE(value != nullptr);
  const std::string where = to_string(value->place);
  return where.substr(where.find(':') + 1) + " " + text_of(value->place);
}

}  // namespace

TEST_CASE("a scalar's range is its text with its quotes") {
  CHECK(place_of_v("v: relu  # comment\n") == "1:4 relu");
  CHECK(place_of_v("{v: a b, w: c}") == "1:5 a b");
  CHECK(place_of_v("v: 'it''s'\nw: 1") == "1:4 'it''s'");
  CHECK(place_of_v("v: \"a \\\" b\" # c") == "1:4 \"a \\\" b\"");
  CHECK(place_of_v("v: don't\n") == "1:4 don't");
  CHECK(place_of_v("v: http://a#b\n") == "1:4 http://a#b");
}

TEST_CASE("a scalar of several lines ranges over all of them, a block scalar over its first") {
  CHECK(place_of_v("v: a\n   b  # c\n") == "1:4 a\n   b");
  CHECK(place_of_v("v: \"a\n   b\"\n") == "1:4 \"a\n   b\"");
  CHECK(place_of_v("v: |-\n  a\n  b\n") == "1:4 |-");
}

TEST_CASE("a list or map in flow style ranges to its bracket") {
  CHECK(place_of_v("v: [1, [2], {a: 3}] # c") == "1:4 [1, [2], {a: 3}]");
  CHECK(place_of_v("v: {a: 1, b: [2, # c ]\n  3, ] }\nw: 1") == "1:4 {a: 1, b: [2, # c ]\n  3, ] }");
  CHECK(place_of_v("v: []") == "1:4 []");
  CHECK(place_of_v("v: { }") == "1:4 { }");
  CHECK(place_of_v("v: {a, b: }") == "1:4 {a, b: }");
}

TEST_CASE("a list or map in block style ranges to the end of its last child") {
  CHECK(place_of_v("v:\n  - a\n  - b: 1\n    c: 2  # d\n\nw: 1") == "2:3 - a\n  - b: 1\n    c: 2");
  CHECK(place_of_v("v:\n  a: 1\n  b: {c: 2}\nw: 1\n") == "2:3 a: 1\n  b: {c: 2}");
}

TEST_CASE("anchors and tags are no part of a range") {
  CHECK(place_of_v("v: &x 5") == "1:7 5");
  CHECK(place_of_v("v: !!str &x 5") == "1:13 5");
  CHECK(place_of_v("v: &x\n  a: 1\n") == "2:3 a: 1");
  CHECK(place_of_v("v: &x [1]") == "1:7 [1]");
}

TEST_CASE("an empty value stands behind its colon, a word for null where it is") {
  CHECK(place_of_v("v:\nw: 1\n") == "1:3 ");
  CHECK(place_of_v("v:   # later\n\n\nw: 1\n") == "1:3 ");
  CHECK(place_of_v("{w: 1, v: , u: 2}") == "1:10 ");
  CHECK(place_of_v("{v}") == "1:3 ");
  CHECK(place_of_v("v: null") == "1:4 null");
  CHECK(place_of_v("v: ~\n") == "1:4 ~");
  CHECK(place_of_v("v:\nnullable: 1\n") == "1:3 ");
}

TEST_CASE("an empty item of a list stands behind its dash") {
  const Parsed parsed("- a\n-\n- b\n");
  REQUIRE(parsed.value.items.size() == 3);
  CHECK(to_string(parsed.value.items[1].place) == "net.yaml:2:2");
}

TEST_CASE("places hold with characters of several bytes, Windows line breaks and a byte order mark") {
  CHECK(place_of_v("größe: 日本 # ü\nv: é1\n") == "2:4 é1");
  CHECK(place_of_v("# ä\r\na: é\r\nv: [1,\r\n 2]\r\nw: 1\r\n") == "3:4 [1,\r\n 2]");
  CHECK(place_of_v("\xEF\xBB\xBFv: 1\n") == "1:4 1");
  CHECK(place_of_v("\xEF\xBB\xBF# ü\nv: 'ü'\n") == "2:4 'ü'");
}

TEST_CASE("a key has a place of its own") {
  const Parsed parsed("a: 1\n\"b c\": 2\n? d\n: 3\n");
  REQUIRE(parsed.value.entries.size() == 3);
  CHECK(text_of(parsed.value.entries[0].key_place) == "a");
  CHECK(text_of(parsed.value.entries[1].key_place) == "\"b c\"");
  CHECK(to_string(parsed.value.entries[2].key_place) == "net.yaml:3:3");
}

TEST_CASE("the part of a source behind an offset is read with places in the whole source") {
  const auto source = std::make_shared<const Source>(Source{"--set", "model.größe={a: [1, x]}"});
  Diagnostics diagnostics;
  const Value value = parse_yaml_from(source, source->text.find('=') + 1, diagnostics);
  CHECK_FALSE(diagnostics.has_errors());
  CHECK(text_of(value.place) == "{a: [1, x]}");
  CHECK(text_of(value.find("a")->items[1].place) == "x");
}
