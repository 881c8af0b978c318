#include "engine/config/include.h"

#include <doctest/doctest.h>

#include <map>

#include "tests/config/support.h"

namespace cnnctl {
namespace {

using Files = std::map<std::string, std::string>;

struct Merged {
  Value root;
  std::vector<std::string> messages;
  std::vector<std::string> read;  // the files, in the order in which they were read
};

/// A config merged with what it includes from `files`, whose names are all in one folder.
Merged merged(const std::string& text, const Files& files) {
  Parsed parsed(text);
  Merged result;
  const IncludeReader reader = [&](const Source&, const std::string& path) {
    const auto file = files.find(path);
    if (file == files.end()) throw InputError("no such file: " + path);
    result.read.push_back(path);
    return std::make_shared<const Source>(Source{path, file->second});
  };
  Diagnostics diagnostics;
  merge_includes(parsed.value, reader, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics.sorted()) result.messages.push_back(diagnostic.message);
  result.root = parsed.value;
  return result;
}

/// The part `key` of the merged config on one line.
std::string part(const Merged& merged, const std::string& key) {
  CHECK(merged.messages == std::vector<std::string>{});
  const Value* value = merged.root.find(key);
  return value == nullptr ? "" : to_yaml_inline(*value);
}

}  // namespace

TEST_CASE("a config without include is left as it is") {
  const std::string text = "model: [relu]\nvars: {a: 1}\n";
  CHECK(to_yaml(merged(text, {}).root) == to_yaml(Parsed(text).value));
}

TEST_CASE("an included file brings vars, blocks and defaults, and include itself is gone") {
  const Merged m =
      merged("include: a.yaml\nmodel: [relu]\n", {{"a.yaml", "vars: {w: 1}\nblocks: {b: {layers: [relu]}}\ntrain: {epochs: 3}\n"}});
  CHECK(part(m, "vars") == "{w: 1}");
  CHECK(part(m, "blocks") == "{b: {layers: [relu]}}");
  CHECK(part(m, "train") == "{epochs: 3}");
  CHECK(m.root.find("include") == nullptr);
}

TEST_CASE("what the config says wins, key by key") {
  const Merged m = merged("include: a.yaml\nvars: {w: 2}\ntrain: {optimizer: {sgd: {lr: 1}}}\n",
                          {{"a.yaml", "vars: {w: 1, x: $w}\ntrain: {epochs: 3, optimizer: {adam: {lr: 2}}}\n"}});
  CHECK(part(m, "vars") == "{w: 2, x: $w}");
  CHECK(part(m, "train") == "{epochs: 3, optimizer: {sgd: {lr: 1}}}");
}

TEST_CASE("of two files the later one wins, and a file wins over what it includes") {
  const Files files = {{"a.yaml", "vars: {w: 1, a: 1}\n"}, {"b.yaml", "vars: {w: 2}\n"}, {"c.yaml", "include: a.yaml\nvars: {w: 3}\n"}};
  CHECK(part(merged("include: [a.yaml, b.yaml]\n", files), "vars") == "{w: 2, a: 1}");
  CHECK(part(merged("include: c.yaml\n", files), "vars") == "{w: 3, a: 1}");
}

TEST_CASE("a file that is reached twice is read into the config once") {
  const Merged m =
      merged("include: [b.yaml, c.yaml]\n",
             {{"a.yaml", "vars: {a: 1}\n"}, {"b.yaml", "include: a.yaml\nvars: {a: 2}\n"}, {"c.yaml", "include: a.yaml\nvars: {c: 1}\n"}});
  CHECK(part(m, "vars") == "{a: 2, c: 1}");
}

TEST_CASE("a cycle of includes is an error that shows the way round") {
  const Files files = {{"a.yaml", "include: b.yaml\n"}, {"b.yaml", "include: a.yaml\n"}};
  CHECK(merged("include: a.yaml\n", files).messages == std::vector<std::string>{"a cycle of includes: a.yaml -> b.yaml -> a.yaml"});
}

TEST_CASE("a chain of includes without end is refused") {
  Files files;
  for (int i = 0; i < 1000; ++i) files["f" + std::to_string(i)] = "include: f" + std::to_string(i + 1) + "\n";
  const Merged m = merged("include: f0\n", files);
  CHECK(m.messages == std::vector<std::string>{"more than 200 files are included"});
  CHECK(m.read.size() == 201);
}

TEST_CASE("what cannot be included is an error") {
  const Files files = {{"whole.yaml", "input: [1, 2, 3]\nmodel: [relu]\n"}, {"list.yaml", "- relu\n"}, {"broken.yaml", "vars: {a: [}\n"}};
  CHECK(merged("include: no.yaml\n", files).messages == std::vector<std::string>{"no such file: no.yaml"});
  CHECK(merged("include: whole.yaml\n", files).messages ==
        std::vector<std::string>{"an included file cannot have 'input'", "an included file cannot have 'model'"});
  CHECK(merged("include: list.yaml\n", files).messages.size() == 1);
  CHECK(merged("include: broken.yaml\n", files).messages.size() >= 1);
  CHECK(merged("include: {a: b}\n", files).messages == std::vector<std::string>{"include must be a file or a list of files, not a map"});
  CHECK(merged("include:\n", files).messages.size() == 1);
}

TEST_CASE("the parts stand where a reader expects them: what the model uses before it") {
  const Merged m = merged("include: a.yaml\nname: n\nmodel: [b]\ndata: {dataset: digits}\n",
                          {{"a.yaml", "train: {epochs: 1}\nblocks: {b: {layers: [relu]}}\n"}});
  std::vector<std::string> keys;
  for (const Entry& entry : m.root.entries) keys.push_back(entry.key);
  CHECK(keys == std::vector<std::string>{"name", "blocks", "model", "train", "data"});
}

}  // namespace cnnctl
