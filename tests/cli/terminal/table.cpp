#include "cli/terminal/table.h"

#include <doctest/doctest.h>

namespace cnnctl {

TEST_CASE("a table aligns its columns and leaves no blanks at the ends of lines") {
  Table table({{"name"}, {"count", Table::Align::right}, {"note"}});
  table.add({"a", "1"});
  table.add({"longer", "12,345", "yes"});
  CHECK(table.text() ==
        "name     count  note\n"
        "------  ------  ----\n"
        "a            1\n"
        "longer  12,345  yes\n");
}

TEST_CASE("a table counts characters, not bytes") {
  Table table({{"class"}, {"n"}});
  table.add({"Mädchen", "1"});
  table.add({"Junge", "2"});
  CHECK(table.text() ==
        "class    n\n"
        "-------  -\n"
        "Mädchen  1\n"
        "Junge    2\n");
}

TEST_CASE("wide characters take two columns, marks on others none, and bytes that are no character one each") {
  CHECK(display_width("") == 0);
  CHECK(display_width("cat") == 3);
  CHECK(display_width("日本") == 4);
  CHECK(display_width("e\u0301") == 1);
  CHECK(display_width("\xFFx\xE6\x97") == 4);
  CHECK(display_width(std::string_view("a\0b", 3)) == 3);
}

}  // namespace cnnctl
