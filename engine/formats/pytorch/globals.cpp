#include "engine/formats/pytorch/globals.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/diagnostics/diagnostic.h"

namespace cnnctl {
namespace {

using Kind = PickledGlobal::Kind;

constexpr std::array<PickledGlobal, 16> globals = {{
    {"collections", "OrderedDict", Kind::ordered_dict, ""},
    {"torch", "Size", Kind::size, ""},
    {"torch._utils", "_rebuild_tensor_v2", Kind::tensor, ""},
    {"torch._utils", "_rebuild_tensor", Kind::old_tensor, ""},
    {"torch._utils", "_rebuild_parameter", Kind::parameter, ""},
    {"torch._utils", "_rebuild_parameter_with_state", Kind::parameter_with_state, ""},
    {"torch", "FloatStorage", Kind::storage, "F32"},
    {"torch", "DoubleStorage", Kind::storage, "F64"},
    {"torch", "HalfStorage", Kind::storage, "F16"},
    {"torch", "BFloat16Storage", Kind::storage, "BF16"},
    {"torch", "LongStorage", Kind::storage, "I64"},
    {"torch", "IntStorage", Kind::storage, "I32"},
    {"torch", "ShortStorage", Kind::storage, "I16"},
    {"torch", "CharStorage", Kind::storage, "I8"},
    {"torch", "ByteStorage", Kind::storage, "U8"},
    {"torch", "BoolStorage", Kind::storage, "BOOL"},
}};

/// A name from a file, fit for a message: cut to a length, without what a terminal would act on.
std::string printable(std::string_view text) {
  constexpr std::size_t longest = 80;
  std::string result;
  for (const char c : text.substr(0, longest)) result += c >= ' ' && c <= '~' ? c : '?';
  return text.size() > longest ? result + "..." : result;
}

}  // namespace

const PickledGlobal* storage_class(const ElementType& type) {
  const auto* found =
      std::find_if(globals.begin(), globals.end(), [&](const PickledGlobal& global) { return global.element == type.name; });
  return found == globals.end() ? nullptr : found;
}

void refuse_pickle(const std::string& path, std::string_view what) {
  throw InputError(
      fmt::format("{}: {}; nothing was run. If you trust the file, load it in Python and save the weights alone: "
                  "torch.save(model.state_dict(), 'weights.pth')",
                  path, what));
}

const PickledGlobal& find_global(std::string_view module, std::string_view name, const std::string& path) {
  const auto* found = std::find_if(globals.begin(), globals.end(),
                                   [&](const PickledGlobal& global) { return global.module == module && global.name == name; });
  if (found != globals.end()) return *found;
  const bool is_storage = module.starts_with("torch") && name.ends_with("Storage");
  refuse_pickle(path, fmt::format("uses {}.{}, which is {}", printable(module), printable(name),
                                  is_storage ? "a type of elements that cannot be read" : "no part of tensors and dictionaries"));
}

}  // namespace cnnctl
