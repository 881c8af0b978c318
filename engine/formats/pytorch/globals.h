#pragma once

#include <string>
#include <string_view>

#include "engine/formats/pytorch/pickle_value.h"

namespace cnnctl {

/// The class of storages with elements of this type, as "FloatStorage" for F32; null where PyTorch has none.
const PickledGlobal* storage_class(const ElementType& type);

/// Throws InputError "path: what", with what to do, for a pickle that wants more than tensors and dictionaries need.
[[noreturn]] void refuse_pickle(const std::string& path, std::string_view what);

/// The name MODULE.NAME. Throws InputError that names it and `path` where it is not known.
const PickledGlobal& find_global(std::string_view module, std::string_view name, const std::string& path);

}  // namespace cnnctl
