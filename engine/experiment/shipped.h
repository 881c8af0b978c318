#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cnnctl {

/// Every config in configs/, by its name (the file's stem). Defined in a source that embed_configs.cmake writes when the program is built.
const std::map<std::string, std::string, std::less<>>& shipped_configs();

/// The text of the config called `name` ("mnist_convnet") that the binary carries from configs/, or nullptr.
const std::string* shipped_config(std::string_view name);

/// The names of all of them, sorted.
std::vector<std::string> shipped_config_names();

}  // namespace cnnctl
