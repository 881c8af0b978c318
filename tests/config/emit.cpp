#include <doctest/doctest.h>

#include "tests/config/support.h"

using namespace cnnctl;

namespace {

bool equal(const Value& a, const Value& b) {
  if (a.kind != b.kind || a.text != b.text || a.quoted != b.quoted) return false;
  if (a.items.size() != b.items.size() || a.entries.size() != b.entries.size()) return false;
  for (std::size_t i = 0; i < a.items.size(); ++i)
    if (!equal(a.items[i], b.items[i])) return false;
  for (std::size_t i = 0; i < a.entries.size(); ++i)
    if (a.entries[i].key != b.entries[i].key || !equal(a.entries[i].value, b.entries[i].value)) return false;
  return true;
}

Value read(const std::string& text) {
  Parsed parsed(text);
  CHECK(mistakes_in(parsed.diagnostics) == std::vector<std::string>{});
  return std::move(parsed.value);
}

Value text_value(const std::string& text) {
  Value value;
  value.kind = Value::Kind::scalar;
  value.text = text;
  value.quoted = true;
  return value;
}

void check_round_trip(const Value& value) {
  const std::string line = to_yaml_inline(value);
  CAPTURE(line.substr(0, 100));
  CHECK(equal(read(to_yaml(value)), value));
  CHECK(line.find('\n') == std::string::npos);
  CHECK(equal(read(line), value));
}

}  // namespace

TEST_CASE("a config reads back from its YAML as it was") {
  check_round_trip(read(R"(
name: mnist_convnet
input: [1, 28, 28]
vars: {width: 64, dropout: 0.2, half: "${width / 2}", nothing: , empty: [], none: {}, on: "true", yes: 'no'}
model:
  - layer1:
      - conv: {out_channels: $width, kernel_size: [5, 5], padding: same, name: "denselayer${index + 1}"}
      - batch_norm
      - - relu
        - [sigmoid, [tanh]]
  - - - - deep
  -
  - {}
  - []
  - linear: {name: fc, out_features: 10}
data:
  dataset: {mnist: {root: "data: here # not a comment"}}
)"));
}

TEST_CASE("texts that look like something else stay texts") {
  for (const char* text :
       {"5",  "1e3", "true", "null", "~", "",   " ", " a ", "-",   "- a", "a: b", "a #b", "#",   "&a",  "*a",   "!a", "@a", "`a",
        "%a", "'",   "\"",   "\\",   "[", "{}", ",", "?",   "? a", ":",   "a:",   "<<",   "---", "...", "0x1F", "=",  "|",  ">"})
    check_round_trip(text_value(text));
}

TEST_CASE("texts of several lines and of any characters stay as they are") {
  for (const char* text : {"a\nb", "a\n", "\na", "a\n\n\nb\n", "  a\n b", "a\tb", "\t", "a\r\nb", "größe 日本 \xF0\x9F\x98\x80",
                           "\x01\x1b\x7f", "\xC2\x85", "\xE2\x80\xA8", "\xEF\xBB\xBF"})
    check_round_trip(text_value(text));
}

TEST_CASE("keys that look like something else stay keys") {
  for (const char* key : {"a b", "5", "null", "~", "", "<<", "true", "- a", "a: b", "#a", "[a", "größe", "a,b", "a\nb", "*a", "&a", "?"}) {
    Value map;
    map.kind = Value::Kind::map;
    map.entries.push_back({key, {}, text_value("x")});
    check_round_trip(map);
  }
}

TEST_CASE("a long key or text reads back") {
  Value map;
  map.kind = Value::Kind::map;
  map.entries.push_back({std::string(1024, 'k'), {}, text_value(std::string(5000, 'v'))});
  check_round_trip(map);
}

TEST_CASE("plain texts stay plain in block style, also those that flow style would end early") {
  const Value value = read("a: b, c\nd: e]f\ng: 10%\nh: a{b}c\n");
  CHECK(equal(read(to_yaml(value)), value));
}

TEST_CASE("small lists and maps go on one line, others on several") {
  CHECK(to_yaml(read("input: [1, 28, 28]\nmodel: [{conv: {out_channels: 16}}, relu]")) ==
        "input: [1, 28, 28]\n"
        "model:\n"
        "  - conv: {out_channels: 16}\n"
        "  - relu\n");
}

TEST_CASE("inline YAML is one line in flow style") {
  CHECK(to_yaml_inline(read("sgd:\n  lr: 0.1\n  betas:\n    - 0.9\n")) == "{sgd: {lr: 0.1, betas: [0.9]}}");
  CHECK(to_yaml_inline(read("relu")) == "relu");
}
