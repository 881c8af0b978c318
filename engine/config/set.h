#pragma once

#include <string>

#include "engine/config/value.h"
#include "engine/diagnostics/diagnostic.h"

namespace cnnctl {

/// Carries out one `--set KEY=VALUE` on a config: KEY is a dotted path, VALUE is read as YAML.
/// - a map's part is a key; a missing one is created (whether it may exist is for the schema to say, which then points at this `--set`);
/// - a list's part is an index or the name of an item: its `name` argument, or the name of a group;
/// - an item `type` is the same as `{type: {}}`, and `{type: {arguments}}` is entered without naming the type where the part is not the
/// type's name:
///   `model.fc.out_features=5`, `model.layer1.0.kernel_size=3`, `train.optimizer.adam.lr=0.1`;
/// - naming another type than the one that stands there (`train.optimizer.sgd.lr=0.1` over `adam`) is an error that says how to replace the
/// whole item. Places of what is set point into a source called "--set" whose text is the assignment. Mistakes go to `diagnostics`; `root`
/// is then unchanged.
void apply_set(Value& root, const std::string& assignment, Diagnostics& diagnostics);

}  // namespace cnnctl
