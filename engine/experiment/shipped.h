#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cnnctl {

/// Every file in configs/, by its path there without the extension: "mnist_convnet", and "blocks/resnet" for what configs include. Defined
/// in a source that embed_configs.cmake writes when the program is built.
const std::map<std::string, std::string, std::less<>>& shipped_configs();

/// The text of the file called `name` that the binary carries, or nullptr.
const std::string* shipped_config(std::string_view name);

/// The names of the configs, without what they include; sorted.
std::vector<std::string> shipped_config_names();

}  // namespace cnnctl
