#include "engine/training/choice_cache.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/diagnostics/diagnostic.h"
#include "engine/formats/atomic_file.h"
#include "engine/formats/input_file.h"

namespace cnnctl {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

// Some thousand choices, more than one machine's networks have.
constexpr std::size_t kLargestFile = std::size_t{1} << 20;

/// FNV-1a, for the name of a file: origins themselves are compared when it is read.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

/// The folder that a variable of the environment names; "" where it is not set or names none to rely on.
fs::path folder_from(const char* variable) {
  const char* value = std::getenv(variable);
  const fs::path path = value ? value : "";
  return path.is_absolute() ? path : fs::path();
}

std::string read_small_file(const std::string& path) {
  InputFile file(path);
  if (file.size() > kLargestFile) file.fail("is too large");
  return file.read_rest();
}

}  // namespace

std::string choices_text(const Choices& choices) {
  return json{{"origin", choices_origin()}, {"choices", choices}}.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::optional<RecordedChoices> parse_choices(std::string_view text) {
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object() || !object.contains("origin") || !object.contains("choices")) return std::nullopt;
  const json &origin = object["origin"], &choices = object["choices"];
  if (!origin.is_string() || !choices.is_object()) return std::nullopt;
  RecordedChoices result{origin.get<std::string>(), {}};
  for (const auto& [key, name] : choices.items()) {
    if (!name.is_string()) return std::nullopt;
    result.choices[key] = name.get<std::string>();
  }
  return result;
}

std::string choice_cache_path() {
  fs::path folder = folder_from("XDG_CACHE_HOME");
  if (const fs::path home = folder_from("HOME"); folder.empty() && !home.empty()) folder = home / ".cache";
  if (folder.empty()) return "";
  return (folder / "cnnctl" / fmt::format("choices-{:016x}.json", hash_of(choices_origin()))).string();
}

Choices read_choice_cache(const std::string& path) {
  if (path.empty()) return {};
  try {
    const auto recorded = parse_choices(read_small_file(path));
    if (recorded && recorded->origin == choices_origin()) return recorded->choices;
  } catch (const InputError&) {  // there is no such file, or none to read
  }
  return {};
}

void add_to_choice_cache(const std::string& path, const Choices& choices) {
  if (path.empty() || choices.empty()) return;
  Choices all = choices;
  all.merge(read_choice_cache(path));
  std::string text = choices_text(all);
  if (text.size() > kLargestFile) text = choices_text(choices);
  std::error_code ignored;
  fs::create_directories(fs::path(path).parent_path(), ignored);
  try {
    write_file_atomically(path, std::array{std::string_view(text)});
  } catch (const std::runtime_error&) {  // then they are timed again next time
  }
}

}  // namespace cnnctl
