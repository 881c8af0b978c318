#include "engine/config/value.h"

#include <doctest/doctest.h>

#include "tests/config/support.h"

using namespace cnnctl;

TEST_CASE("a key of a map is found, and nothing in what is no map") {
  Parsed parsed("a: 1\nb: [c]\n");
  REQUIRE(parsed.value.find("a") != nullptr);
  CHECK(parsed.value.find("a")->text == "1");
  CHECK(parsed.value.find("c") == nullptr);
  CHECK(parsed.value.find("b")->find("c") == nullptr);
  parsed.value.find("a")->text = "2";
  CHECK(static_cast<const Value&>(parsed.value).find("a")->text == "2");
}

TEST_CASE("a value is described for messages") {
  const auto described = [](const std::string& text) { return describe(Parsed(text).value); };
  CHECK(described("abc") == "'abc'");
  CHECK(described("-1.5e3") == "-1.5e3");
  CHECK(described("'16'") == "the text \"16\"");
  CHECK(described("~") == "nothing");
  CHECK(described("[1]") == "a list");
  CHECK(described("[]") == "an empty list");
  CHECK(described("{a: 1}") == "a map");
  CHECK(described("{}") == "an empty map");
}

TEST_CASE("a long text is described by its beginning, cut between characters") {
  Value value;
  value.kind = Value::Kind::scalar;
  value.text = std::string(39, 'a') + "ééé";
  CHECK(describe(value) == "'" + std::string(39, 'a') + "...'");
}
