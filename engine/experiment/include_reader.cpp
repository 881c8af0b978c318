#include "engine/experiment/include_reader.h"

#include <filesystem>
#include <string_view>

#include <fmt/format.h>

#include "engine/config/parse.h"
#include "engine/experiment/shipped.h"

namespace cnnctl {
namespace {

namespace fs = std::filesystem;

/// What the names of included sources begin with that come from the binary, so that no file on disk is taken for them.
constexpr std::string_view shipped_root = "<cnnctl>/";

bool is_shipped(const Source& source) { return source.name.starts_with(shipped_root); }

/// The path of a shipped config as its table names it: "blocks/resnet" for "blocks/resnet.yaml", seen from `folder`.
std::string shipped_name(const fs::path& folder, const std::string& path) {
  return (folder / path).lexically_normal().replace_extension().generic_string();
}

std::shared_ptr<const Source> shipped_source(const std::string& name) {
  const std::string* text = shipped_config(name);
  if (text == nullptr) return nullptr;
  return std::make_shared<const Source>(Source{std::string(shipped_root) + name + ".yaml", *text});
}

}  // namespace

std::shared_ptr<const Source> read_beside(const Source& including, const std::string& path) {
  if (is_shipped(including)) return read_shipped(including, path);
  const fs::path file = (fs::path(including.name).parent_path() / path).lexically_normal();
  std::error_code error;
  if (!fs::exists(file, error))
    if (auto source = shipped_source(shipped_name("", path))) return source;
  return read_source(file.string());
}

std::shared_ptr<const Source> read_shipped(const Source& including, const std::string& path) {
  const fs::path folder = is_shipped(including) ? fs::path(including.name.substr(shipped_root.size())).parent_path() : fs::path();
  if (auto source = shipped_source(shipped_name(folder, path))) return source;
  throw InputError(fmt::format("cnnctl carries no {}", path));
}

std::shared_ptr<const Source> refuse_include(const Source& including, const std::string& path) {
  throw InputError(fmt::format("{} must be complete by itself, but includes {}", including.name, path));
}

}  // namespace cnnctl
