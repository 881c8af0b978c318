#include "engine/network/not_yet.h"

#include <fmt/format.h>

namespace cnnctl {

void report_not_yet(const Place& place, std::string_view what, Diagnostics& diagnostics, std::string hint) {
  diagnostics.error(place, fmt::format("{} is planned, but this version of cnnctl does not know it yet", what), std::move(hint));
}

}  // namespace cnnctl
