#include "engine/config/include.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "engine/config/parse.h"

namespace cnnctl {
namespace {

constexpr std::size_t max_files = 200;

/// The parts of a config that others can include.
constexpr std::array<std::string_view, 4> shared_parts = {"vars", "blocks", "data", "train"};

bool is_shared(std::string_view key) { return std::find(shared_parts.begin(), shared_parts.end(), key) != shared_parts.end(); }

/// Puts the entries of `from` over those of `onto` that have the same key, and behind the others.
void override_entries(Value& onto, const Value& from) {
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < onto.entries.size(); ++i) places.emplace(onto.entries[i].key, i);
  for (const Entry& entry : from.entries) {
    const auto [place, is_new] = places.emplace(entry.key, onto.entries.size());
    if (is_new)
      onto.entries.push_back(entry);
    else
      onto.entries[place->second] = entry;
  }
}

/// Puts a part of a config over the same part of what it includes.
void override_part(Value& root, const Entry& part) {
  Value* included = root.find(part.key);
  if (included == nullptr) {
    root.entries.push_back(part);
  } else if (included->is_map() && part.value.is_map()) {
    const Place place = part.value.place;
    override_entries(*included, part.value);
    included->place = place;
  } else if (!part.value.is_null()) {
    *included = part.value;
  }
}

class Merge {
 public:
  Merge(const Value& root, const IncludeReader& read, Diagnostics& diagnostics) : read_(read), diagnostics_(diagnostics) {
    open_.push_back(root.place.source->name);
  }

  /// What the files that `root` includes bring, one over the other; `root`'s own include is removed.
  Value take_included(Value& root) {
    Value result;
    result.kind = Value::Kind::map;
    const auto found = std::find_if(root.entries.begin(), root.entries.end(), [](const Entry& entry) { return entry.key == "include"; });
    if (found == root.entries.end()) return result;
    const Value paths = found->value;
    root.entries.erase(found);
    if (paths.is_list())
      for (const Value& path : paths.items) include(path, result);
    else
      include(paths, result);
    return result;
  }

 private:
  void include(const Value& path, Value& result) {
    if (!path.is_scalar() || path.text.empty())
      return diagnostics_.error(path.place, fmt::format("include must be a file or a list of files, not {}", describe(path)));
    std::shared_ptr<const Source> source;
    try {
      source = read_(*path.place.source, path.text);
    } catch (const InputError& error) {
      return diagnostics_.error(path.place, error.what());
    }
    if (const auto cycle = std::find(open_.begin(), open_.end(), source->name); cycle != open_.end())
      return diagnostics_.error(path.place,
                                fmt::format("a cycle of includes: {} -> {}", fmt::join(cycle, open_.end(), " -> "), source->name));
    if (!done_.insert(source->name).second) return;
    if (done_.size() > max_files) return diagnostics_.error(path.place, fmt::format("more than {} files are included", max_files));
    open_.push_back(source->name);
    add(source, path.place, result);
    open_.pop_back();
  }

  void add(const std::shared_ptr<const Source>& source, const Place& use, Value& result) {
    Diagnostics found;
    Value file = parse_yaml(source, found);
    if (!file.is_map() && !file.is_null()) found.error(file.place, "an included file must be a map with vars, blocks, data or train");
    for (Diagnostic diagnostic : found.sorted()) {
      diagnostic.notes.push_back({use, "the file is included here"});
      diagnostics_.add(std::move(diagnostic));
    }
    if (!file.is_map()) return;
    const Value deeper = take_included(file);
    for (const Entry& part : deeper.entries) override_part(result, part);
    for (const Entry& part : file.entries) {
      if (is_shared(part.key))
        override_part(result, part);
      else
        diagnostics_.add({Severity::error,
                          part.key_place,
                          fmt::format("an included file cannot have '{}'", part.key),
                          "it brings vars, blocks, and defaults for data and train",
                          {{use, "the file is included here"}}});
    }
  }

  const IncludeReader& read_;
  Diagnostics& diagnostics_;
  std::vector<std::string> open_;  // the files between the config and the one being read
  std::set<std::string> done_;
};

}  // namespace

void merge_includes(Value& root, const IncludeReader& read, Diagnostics& diagnostics) {
  if (root.find("include") == nullptr) return;
  Value merged = Merge(root, read, diagnostics).take_included(root);
  for (const Entry& entry : root.entries)
    if (is_shared(entry.key)) override_part(merged, entry);
  std::erase_if(root.entries, [](const Entry& entry) { return is_shared(entry.key); });
  // As a reader expects them: what the model uses before it, data and train behind it.
  const auto is_model = [](const Entry& entry) { return entry.key == "model"; };
  for (Entry& part : merged.entries) {
    const bool before = part.key == "vars" || part.key == "blocks";
    const auto place = before ? std::find_if(root.entries.begin(), root.entries.end(), is_model) : root.entries.end();
    root.entries.insert(place, std::move(part));
  }
}

}  // namespace cnnctl
