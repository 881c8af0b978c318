#include "engine/diagnostics/diagnostic.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

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

TEST_CASE("as JSON a mistake has its range, hint and notes") {
  const auto source = source_of("net.yaml");
  Diagnostics diagnostics;
  diagnostics.error({source, 5, 9}, "key 'b' is written twice", "remove one");
  Diagnostic diagnostic = diagnostics.sorted().at(0);
  diagnostic.notes.resize(1);
  diagnostic.notes[0].place = {source, 0, 1};
  diagnostic.notes[0].message = "first here";
  CHECK(to_json(diagnostic) == nlohmann::json::parse(R"({
    "severity": "error", "file": "net.yaml", "line": 2, "column": 1, "end_line": 2, "end_column": 5,
    "message": "key 'b' is written twice", "hint": "remove one",
    "notes": [{"file": "net.yaml", "line": 1, "column": 1, "end_line": 1, "end_column": 2, "message": "first here"}]})"));
}

TEST_CASE("as JSON a mistake without a place has nulls for it") {
  const nlohmann::json json = to_json(Diagnostic{Severity::warning, {}, "message", "", {}});
  CHECK(json.at("severity") == "warning");
  CHECK(json.at("file").is_null());
  CHECK(json.at("line").is_null());
}
