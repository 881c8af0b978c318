#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/runtime/model.h"
#include "engine/training/optimizers/optimizer.h"

namespace cnnctl {

/// Rates that the parameters whose names match a glob have in place of the optimizer's.
struct GroupRule {
  std::string pattern;
  std::optional<double> lr;
  std::optional<double> weight_decay;
};

/// Which parameters differ in their rates from the others.
struct GroupRules {
  std::vector<GroupRule> patterns;  // of those that match, the first counts
  bool decay_norms = true;          // weight decay of what batch_norm, layer_norm and group_norm train
  bool decay_biases = true;         // of all that is called bias
};

/// The groups of a model's trainable parameters, in the order in which they stand in memory. `configured` are the optimizer's rates. A
/// pattern's weight decay counts also for norms and biases.
std::vector<ParameterGroup> make_groups(const Model& model, const Rates& configured, const GroupRules& rules);

}  // namespace cnnctl
