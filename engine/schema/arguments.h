#pragma once

#include "engine/schema/schema.h"

namespace cnnctl {

/// The arguments of a selection as its owner's struct. They were checked when it was selected; throws ConfigError where they are wrong
/// after all.
template <class T>
T read_arguments(const Schema<T>& schema, const Selection& selection) {
  Diagnostics diagnostics;
  const auto arguments = schema.read(selection.arguments, selection.place, diagnostics);
  throw_if_errors(diagnostics);
  return *arguments;
}

}  // namespace cnnctl
