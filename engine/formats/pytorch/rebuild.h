#pragma once

#include <optional>

#include "engine/formats/pytorch/pickle_value.h"

namespace cnnctl {

/// What PyTorch's constructors make of their arguments; nothing where those are not what the constructor takes.

/// A storage from the tuple ("storage", class, key, device, count) by which a tensor refers to it.
std::optional<PickledStorage> rebuild_storage(const PickledValues& values, ValueId reference);

/// A parameter is its tensor, and a torch.Size its tuple: the argument that is the result itself.
std::optional<ValueId> rebuild_same(const PickledValues& values, const PickledGlobal& constructor, const PickledTuple& arguments);

/// An empty OrderedDict or a tensor.
std::optional<PickledValue> rebuild(const PickledValues& values, const PickledGlobal& constructor, const PickledTuple& arguments);

}  // namespace cnnctl
