#include "engine/diagnostics/place.h"

#include <doctest/doctest.h>

using cnnctl::line_and_column;
using cnnctl::line_at;
using cnnctl::Place;
using cnnctl::Source;

namespace {

void check_position(std::string_view text, std::size_t offset, int line, int column) {
  CAPTURE(text);
  CAPTURE(offset);
  CHECK(line_and_column(text, offset).line == line);
  CHECK(line_and_column(text, offset).column == column);
}

}  // namespace

TEST_CASE("lines and columns count from 1") {
  check_position("", 0, 1, 1);
  check_position("ab\ncd", 0, 1, 1);
  check_position("ab\ncd", 2, 1, 3);
  check_position("ab\ncd", 3, 2, 1);
  check_position("ab\n\ncd", 3, 2, 1);
}

TEST_CASE("columns count characters, not bytes") {
  check_position("größe: 3", 9, 1, 8);
  check_position("名: x", 5, 1, 4);
}

TEST_CASE("an offset beyond the end counts as the end") {
  check_position("ab\ncd", 99, 2, 3);
  CHECK(line_at("ab\ncd", 99) == "cd");
}

TEST_CASE("a line is given without its line break, of either kind") {
  CHECK(line_at("ab\ncd\n", 1) == "ab");
  CHECK(line_at("ab\r\ncd\r\n", 5) == "cd");
  CHECK(line_at("ab\ncd\n", 2) == "ab");
  CHECK(line_at("ab\ncd\n", 6) == "");
  CHECK(line_at("", 0) == "");
}

TEST_CASE("a byte order mark takes no column and is not shown") {
  check_position(
      "\xEF\xBB\xBF"
      "ab",
      3, 1, 1);
  check_position(
      "\xEF\xBB\xBF"
      "ab",
      4, 1, 2);
  check_position(
      "\xEF\xBB\xBF"
      "ab\ncd",
      7, 2, 2);
  CHECK(line_at("\xEF\xBB\xBF"
                "ab\ncd",
                0) == "ab");
  CHECK(line_at("\xEF\xBB\xBF"
                "ab\ncd",
                4) == "ab");
}

TEST_CASE("a place is written as file, line and column, and one that is nowhere as nothing") {
  const auto source = std::make_shared<const Source>(Source{"net.yaml", "a: 1\nb: 2\n"});
  CHECK(to_string(Place{source, 8, 9}) == "net.yaml:2:4");
  CHECK(to_string(Place{}) == "");
}
