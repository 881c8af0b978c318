#include "engine/formats/pytorch/rebuild.h"

namespace cnnctl {
namespace {

using Kind = PickledGlobal::Kind;

std::optional<std::uint64_t> count_of(const PickledValues& values, ValueId id) {
  const auto* number = values.get<std::int64_t>(id);
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

/// A tensor from (storage, offset, size, stride), and more that does not change its numbers.
std::optional<PickledValue> rebuild_tensor(const PickledValues& values, const PickledTuple& arguments) {
  const std::vector<ValueId>& items = arguments.items;
  const auto* storage = values.get<PickledStorage>(items[0]);
  const auto offset = count_of(values, items[1]);
  const bool has_sizes = values.get<PickledTuple>(items[2]) && values.get<PickledTuple>(items[3]);
  if (!storage || !offset || !has_sizes) return std::nullopt;
  return PickledTensor{*storage, *offset, items[2], items[3]};
}

}  // namespace

std::optional<PickledStorage> rebuild_storage(const PickledValues& values, ValueId reference) {
  const auto* tuple = values.get<PickledTuple>(reference);
  if (!tuple || tuple->items.size() < 5) return std::nullopt;
  const auto* tag = values.get<std::string_view>(tuple->items[0]);
  const auto* type = values.get<PickledGlobal>(tuple->items[1]);
  const auto* key = values.get<std::string_view>(tuple->items[2]);
  const auto count = count_of(values, tuple->items[4]);
  if (!tag || *tag != "storage" || !type || type->kind != Kind::storage || !key || !count) return std::nullopt;
  return PickledStorage{*key, find_element_type(type->element), *count};
}

std::optional<ValueId> rebuild_same(const PickledValues& values, const PickledGlobal& constructor, const PickledTuple& arguments) {
  if (arguments.items.empty()) return std::nullopt;
  const ValueId first = arguments.items.front();
  const bool is_parameter = constructor.kind == Kind::parameter || constructor.kind == Kind::parameter_with_state;
  const bool is_same = is_parameter ? values.get<PickledTensor>(first) != nullptr
                                    : constructor.kind == Kind::size && values.get<PickledTuple>(first) != nullptr;
  return is_same ? std::optional(first) : std::nullopt;
}

std::optional<PickledValue> rebuild(const PickledValues& values, const PickledGlobal& constructor, const PickledTuple& arguments) {
  const std::size_t count = arguments.items.size();
  if (constructor.kind == Kind::ordered_dict && count == 0) return PickledDict{};
  if ((constructor.kind == Kind::tensor && count >= 6) || (constructor.kind == Kind::old_tensor && count == 4))
    return rebuild_tensor(values, arguments);
  return std::nullopt;
}

}  // namespace cnnctl
