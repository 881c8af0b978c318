#include "engine/diagnostics/control.h"

#include <doctest/doctest.h>

using cnnctl::without_controls;

TEST_CASE("what a terminal would act on becomes a question mark, and all else stays") {
  CHECK(without_controls("a\x1B[2Jb\tc\x7F\n") == "a?[2Jb?c?\n");
  CHECK(without_controls("\xC2\x9B"
                         "2J \xC2\x80\xC2\x9F") == "?2J ??");
  CHECK(without_controls("\xC2\xA0\xC3\x9B\xE4\xBD\x93") == "\xC2\xA0\xC3\x9B\xE4\xBD\x93");
}
