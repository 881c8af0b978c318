#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/formats/element.h"

namespace cnnctl {

/// Values of a pickle refer to each other by number, so that shared and circular ones need no ownership.
using ValueId = std::uint32_t;

/// A row of numbers in a file of the archive: data/KEY.
struct PickledStorage {
  std::string_view key;
  const ElementType* type = nullptr;
  std::uint64_t count = 0;  // elements, as claimed
};

/// A view of a storage from the element `offset` on. Sizes, and the steps between neighbours in elements, are tuples, as yet unchecked.
struct PickledTensor {
  PickledStorage storage;
  std::uint64_t offset = 0;
  ValueId dims = 0;
  ValueId strides = 0;
};

struct PickledTuple {
  std::vector<ValueId> items;
};
struct PickledList {
  std::vector<ValueId> items;
};
struct PickledDict {
  std::vector<std::pair<ValueId, ValueId>> items;
};

/// A name that a pickle may call or refer to.
struct PickledGlobal {
  enum class Kind { ordered_dict, size, tensor, old_tensor, parameter, parameter_with_state, storage };
  std::string_view module;
  std::string_view name;
  Kind kind = Kind::ordered_dict;
  std::string_view element;  // of a storage, as ElementType names it
};

/// A value whose content nobody needs: bytes, or an integer beyond 64 bits.
struct PickledOther {};

/// None is std::monostate. Texts lie in the pickle.
using PickledValue = std::variant<std::monostate, bool, std::int64_t, double, std::string_view, PickledTuple, PickledList, PickledDict,
                                  PickledGlobal, PickledStorage, PickledTensor, PickledOther>;

/// All values of a pickle, and which of them is the whole.
struct PickledValues {
  std::deque<PickledValue> values;
  ValueId root = 0;

  /// The value of this number where it has this type, else null.
  template <class T>
  const T* get(ValueId id) const {
    return std::get_if<T>(&values[id]);
  }
};

}  // namespace cnnctl
