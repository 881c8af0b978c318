#include "engine/experiment/shipped.h"

namespace cnnctl {

const std::string* shipped_config(std::string_view name) {
  const auto found = shipped_configs().find(name);
  return found == shipped_configs().end() ? nullptr : &found->second;
}

std::vector<std::string> shipped_config_names() {
  std::vector<std::string> names;
  for (const auto& [name, text] : shipped_configs())
    if (name.find('/') == std::string::npos) names.push_back(name);
  return names;
}

}  // namespace cnnctl
