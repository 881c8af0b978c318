#pragma once

#include <string>
#include <string_view>

#include "engine/formats/pytorch/pickle_value.h"

namespace cnnctl {

/// Reads a pickle (protocols 2 to 5) that holds tensors, numbers, texts, tuples, lists and dictionaries. Nothing that it names is run: only
/// the constructors in globals.h are known, and they make the values here. A million values and 16 MiB are the most. Throws InputError with
/// `path`, the opcode or constructor, and what to do. The text has to outlive the result.
/// Source: Python's Lib/pickletools.py, which describes the opcodes; torch/serialization.py (_save) for what PyTorch makes of them.
PickledValues unpickle(std::string_view text, const std::string& path);

}  // namespace cnnctl
