#include "cli/terminal/numbers.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>

namespace cnnctl {

TEST_CASE("numbers have a separator every three digits") {
  CHECK(with_separators(0) == "0");
  CHECK(with_separators(999) == "999");
  CHECK(with_separators(1000) == "1,000");
  CHECK(with_separators(-123456) == "-123,456");
  CHECK(with_separators(std::numeric_limits<std::int64_t>::max()) == "9,223,372,036,854,775,807");
}

TEST_CASE("bytes are shown in the unit that keeps the number below a thousand") {
  CHECK(readable_bytes(0) == "0 B");
  CHECK(readable_bytes(999) == "999 B");
  CHECK(readable_bytes(1000) == "1.0 kB");
  CHECK(readable_bytes(999'949) == "999.9 kB");
  CHECK(readable_bytes(999'950) == "1.0 MB");
  CHECK(readable_bytes(12'345'678'901) == "12.3 GB");
}

TEST_CASE("durations are shown in minutes and seconds, and hours where there are any") {
  CHECK(readable_seconds(0) == "0:00");
  CHECK(readable_seconds(7.4) == "0:07");
  CHECK(readable_seconds(59.6) == "1:00");
  CHECK(readable_seconds(3723) == "1:02:03");
  CHECK(readable_seconds(std::numeric_limits<double>::infinity()) == "277777:46:40");
}

}  // namespace cnnctl
