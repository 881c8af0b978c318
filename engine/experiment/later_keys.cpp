#include "engine/experiment/later_keys.h"

#include <algorithm>

#include <fmt/format.h>

namespace cnnctl {

Value without_later_keys(Value map, const std::vector<LaterKey>& later, Diagnostics& diagnostics) {
  std::erase_if(map.entries, [&](const Entry& entry) {
    const auto found = std::find_if(later.begin(), later.end(),
                                    [&](const LaterKey& known) { return known.key == entry.key && known.value == entry.value.text; });
    if (found == later.end()) return false;
    diagnostics.error(entry.value.place,
                      fmt::format("{}: {} is planned, but this version of cnnctl does not know it yet", found->key, found->value),
                      found->hint);
    return true;
  });
  return map;
}

}  // namespace cnnctl
