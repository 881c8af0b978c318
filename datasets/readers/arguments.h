#pragma once

#include "engine/diagnostics/diagnostic.h"
#include "engine/schema/schema.h"

namespace cnnctl {

/// A selection's arguments as its dataset's type. The config was checked before, so ConfigError comes only from a selection made by hand.
template <class Arguments>
Arguments dataset_arguments(const Schema<Arguments>& schema, const Selection& selection) {
  Diagnostics diagnostics;
  const std::optional<Arguments> arguments = schema.read(selection.arguments, selection.place, diagnostics);
  if (!arguments) throw ConfigError(diagnostics);
  return *arguments;
}

}  // namespace cnnctl
