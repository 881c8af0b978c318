#include "engine/diagnostics/diagnostic.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace cnnctl;

namespace {

std::shared_ptr<const Source> source_of(const std::string& name) { return std::make_shared<const Source>(Source{name, "a: 1\nb: 2\n"}); }

std::vector<std::string> messages(const Diagnostics& diagnostics) {
  std::vector<std::string> result;
  for (const Diagnostic& diagnostic : diagnostics.sorted()) result.push_back(diagnostic.message);
  return result;
}

}  // namespace

TEST_CASE("mistakes come in the order of the file, whatever the order in which they were found") {
  const auto source = source_of("net.yaml");
  Diagnostics diagnostics;
  diagnostics.error({source, 5, 6}, "third");
  diagnostics.warning({source, 3, 4}, "second");
  diagnostics.error({source, 0, 1}, "first");
  CHECK(messages(diagnostics) == std::vector<std::string>{"first", "second", "third"});
}

TEST_CASE("sources keep the order in which they first appeared") {
  const auto second_by_name = source_of("b.yaml");
  const auto first_by_name = source_of("a.yaml");
  Diagnostics diagnostics;
  diagnostics.error({second_by_name, 5, 6}, "b late");
  diagnostics.error({first_by_name, 0, 1}, "a");
  diagnostics.error({second_by_name, 0, 1}, "b early");
  diagnostics.error({}, "nowhere");
  CHECK(messages(diagnostics) == std::vector<std::string>{"b early", "b late", "a", "nowhere"});
}

TEST_CASE("equal mistakes at one place are reported once, different ones all") {
  const auto source = source_of("net.yaml");
  Diagnostics diagnostics;
  diagnostics.error({source, 3, 4}, "one");
  diagnostics.error({source, 3, 4}, "two");
  diagnostics.error({source, 3, 4}, "one");
  diagnostics.error({source, 8, 9}, "one");
  CHECK(messages(diagnostics) == std::vector<std::string>{"one", "two", "one"});
}

TEST_CASE("warnings alone are no errors") {
  Diagnostics diagnostics;
  diagnostics.warning({}, "nothing uses var 'width'");
  CHECK_FALSE(diagnostics.has_errors());
  CHECK_NOTHROW(throw_if_errors(diagnostics));
  diagnostics.error({}, "no model");
  CHECK(diagnostics.has_errors());
  CHECK_THROWS_AS(throw_if_errors(diagnostics), ConfigError);
}

TEST_CASE("of very many mistakes a thousand are kept, and warnings never crowd out errors") {
  Diagnostics diagnostics;
  for (int i = 0; i < 1500; ++i) diagnostics.warning({}, fmt::format("warning {}", i));
  CHECK_FALSE(diagnostics.has_errors());
  diagnostics.error({}, "an error");
  CHECK(diagnostics.has_errors());
  CHECK(diagnostics.sorted().size() == 1001);
  CHECK(diagnostics.left_out(Severity::warning) == 500);
  CHECK(to_text(diagnostics, false).ends_with("... and 1450 more warnings\n"));
  Diagnostics all;
  all.add(diagnostics);
  CHECK(to_text(all, false) == to_text(diagnostics, false));
}

TEST_CASE("a config error's text holds all mistakes without colours") {
  const auto source = source_of("net.yaml");
  Diagnostics diagnostics;
  diagnostics.error({source, 5, 6}, "unknown key 'b'");
  diagnostics.error({source, 0, 1}, "unknown key 'a'");
  CHECK(std::string(ConfigError(diagnostics).what()) ==
        "net.yaml:1:1: error: unknown key 'a'\n"
        "    1 | a: 1\n"
        "      | ^\n"
        "net.yaml:2:1: error: unknown key 'b'\n"
        "    2 | b: 2\n"
        "      | ^\n");
}
