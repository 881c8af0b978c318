#include <doctest/doctest.h>

#include "engine/diagnostics/diagnostic.h"

using namespace cnnctl;

namespace {

std::shared_ptr<const Source> source_of(std::string text) { return std::make_shared<const Source>(Source{"net.yaml", std::move(text)}); }

Diagnostic mistake_at(const std::shared_ptr<const Source>& source, std::size_t begin, std::size_t end, std::string message = "wrong") {
  Diagnostic diagnostic;
  diagnostic.place = {source, begin, end};
  diagnostic.message = std::move(message);
  return diagnostic;
}

/// A mistake about the bytes [begin, end) of `text`, as it is shown.
std::string shown_at(const std::string& text, std::size_t begin, std::size_t end) {
  return to_text(mistake_at(source_of(text), begin, end), false);
}

/// A mistake about `marked` in `text`, as it is shown.
std::string shown(const std::string& text, const std::string& marked, const std::string& hint = "") {
  const std::size_t begin = text.find(marked);
  Diagnostic diagnostic = mistake_at(source_of(text), begin, begin + marked.size());
  diagnostic.hint = hint;
  return to_text(diagnostic, false);
}

}  // namespace

TEST_CASE("a mistake shows its line, the range underlined, and the hint") {
  CHECK(shown("model:\n  - conv: {kernal_size: 5}\n", "kernal_size", "write kernel_size") ==
        "net.yaml:2:12: error: wrong\n"
        "    2 |   - conv: {kernal_size: 5}\n"
        "      |            ^~~~~~~~~~~\n"
        "   hint: write kernel_size\n");
}

TEST_CASE("without a place there is only the message") {
  Diagnostic warning = mistake_at(nullptr, 0, 0, "nothing to do");
  warning.severity = Severity::warning;
  CHECK(to_text(warning, false) == "warning: nothing to do\n");
}

TEST_CASE("an empty range shows one caret, also at the end of a line and of the file") {
  CHECK(shown("a:\nb: 1\n", "") == "net.yaml:1:1: error: wrong\n    1 | a:\n      | ^\n");
  CHECK(shown_at("a:\nb: 1", 2, 2) == "net.yaml:1:3: error: wrong\n    1 | a:\n      |   ^\n");
  CHECK(shown_at("a:\nb: 1", 7, 7) == "net.yaml:2:5: error: wrong\n    2 | b: 1\n      |     ^\n");
  CHECK(shown_at("a:\nb: 1", 100, 200) == "net.yaml:2:5: error: wrong\n    2 | b: 1\n      |     ^\n");
}

TEST_CASE("an empty source shows an empty line") { CHECK(shown_at("", 0, 0) == "net.yaml:1:1: error: wrong\n    1 |\n      | ^\n"); }

TEST_CASE("a range of several lines is underlined to the end of its first") {
  CHECK(shown("a: [1,\n    2]\n", "[1,\n    2]") == "net.yaml:1:4: error: wrong\n    1 | a: [1,\n      |    ^~~\n");
  CHECK(shown("a: [1,\r\n    2]\r\n", "[1,\r\n    2]") == "net.yaml:1:4: error: wrong\n    1 | a: [1,\n      |    ^~~\n");
}

TEST_CASE("the underline counts characters") {
  CHECK(shown("größe: äöü\n", "äöü") == "net.yaml:1:8: error: wrong\n    1 | größe: äöü\n      |        ^~~\n");
}

TEST_CASE("tabs become blanks, so that the underline stays below its range") {
  CHECK(shown("a:\t\tx\ty: 1\n", "y") ==
        "net.yaml:1:7: error: wrong\n"
        "    1 | a:      x   y: 1\n"
        "      |             ^\n");
  CHECK(shown("\ta\tb\n", "a\tb") == "net.yaml:1:2: error: wrong\n    1 |     a   b\n      |     ^~~~~\n");
}

TEST_CASE("a long line is cut around the place") {
  const std::string line = std::string(500, 'a') + " here " + std::string(500, 'b');
  CHECK(shown(line, "here") ==
        "net.yaml:1:502: error: wrong\n"
        "    1 | ..." +
            std::string(36, 'a') + " here " + std::string(75, 'b').substr(0, 72) +
            "...\n"
            "      | " +
            std::string(40, ' ') + "^~~~\n");
}

TEST_CASE("a very long line is cut as a long one, in the middle of characters or not") {
  const auto excerpt = [](std::size_t count) {
    std::string line;
    for (std::size_t i = 0; i < count; ++i) line += "\xE4\xBD\x93";
    const std::string text = shown(line + " here " + line, "here");
    return text.substr(text.find('\n'));
  };
  CHECK(excerpt(100'000) == excerpt(500));
  CHECK(excerpt(100'001) == excerpt(500));
}

TEST_CASE("a long line is not cut at the side where nothing is left out") {
  CHECK(shown("here " + std::string(500, 'b'), "here") ==
        "net.yaml:1:1: error: wrong\n    1 | here " + std::string(112, 'b') + "...\n      | ^~~~\n");
  CHECK(shown(std::string(500, 'a') + " here", "here") ==
        "net.yaml:1:502: error: wrong\n    1 | ..." + std::string(112, 'a') + " here\n      | " + std::string(116, ' ') + "^~~~\n");
}

TEST_CASE("a range longer than an excerpt is underlined as far as it is shown") {
  CHECK(shown("a: " + std::string(500, 'b'), std::string(500, 'b')) ==
        "net.yaml:1:4: error: wrong\n    1 | a: " + std::string(114, 'b') + "...\n      |    ^" + std::string(116, '~') + "\n");
}

TEST_CASE("control characters never reach the terminal") {
  CHECK(shown("a: \x1b[31m\n", "a") == "net.yaml:1:1: error: wrong\n    1 | a: ?[31m\n      | ^\n");
  CHECK(to_text(mistake_at(nullptr, 0, 0, "unknown '\x1b[31m'"), false) == "error: unknown '?[31m'\n");
}

TEST_CASE("line numbers beyond five digits widen the gutter") {
  const std::string text = std::string(123455, '\n') + "a";
  CHECK(shown(text, "a") == "net.yaml:123456:1: error: wrong\n123456 | a\n       | ^\n");
}

TEST_CASE("notes follow in the same form") {
  const auto source = source_of("a: 1\na: 2\n");
  Diagnostic diagnostic = mistake_at(source, 5, 6, "key 'a' is written twice");
  diagnostic.hint = "remove one";
  diagnostic.notes.resize(1);
  diagnostic.notes[0].place = mistake_at(source, 0, 1).place;
  diagnostic.notes[0].message = "first written here";
  CHECK(to_text(diagnostic, false) ==
        "net.yaml:2:1: error: key 'a' is written twice\n"
        "    2 | a: 2\n"
        "      | ^\n"
        "   hint: remove one\n"
        "net.yaml:1:1: note: first written here\n"
        "    1 | a: 1\n"
        "      | ^\n");
}

TEST_CASE("colours are ANSI codes around the same text") {
  const Diagnostic diagnostic = mistake_at(source_of("a: 1\n"), 0, 1);
  std::string colored = to_text(diagnostic, true);
  CHECK(colored.find("\x1b[") != std::string::npos);
  for (std::size_t begin = colored.find('\x1b'); begin != std::string::npos; begin = colored.find('\x1b'))
    colored.erase(begin, colored.find('m', begin) + 1 - begin);
  CHECK(colored == to_text(diagnostic, false));
}

TEST_CASE("of many errors and warnings the first 50 each are shown, and the others counted") {
  const auto source = source_of(std::string(200, 'x'));
  Diagnostics diagnostics;
  for (std::size_t i = 0; i < 60; ++i) diagnostics.warning({source, i, i + 1}, "strange");
  for (std::size_t i = 100; i < 151; ++i) diagnostics.error({source, i, i + 1}, "wrong");
  const std::string text = to_text(diagnostics, false);
  const auto count = [&](const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
  };
  CHECK(count("warning: strange") == 50);
  CHECK(count("error: wrong") == 50);
  CHECK(text.ends_with("... and 1 more error\n... and 10 more warnings\n"));
}
