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

}  // namespace cnnctl
