#include "engine/training/parameter_groups.h"

#include <algorithm>
#include <cstddef>
#include <variant>

#include "engine/graph/glob.h"

namespace cnnctl {
namespace {

bool is_norm(const Op& op) {
  return std::holds_alternative<BatchNorm>(op) || std::holds_alternative<LayerNorm>(op) || std::holds_alternative<GroupNorm>(op);
}

/// By parameter: whether a norm trains it.
std::vector<bool> norm_parameters(const Graph& graph) {
  std::vector<bool> result(graph.parameters.size());
  for (const Node& node : graph.nodes)
    if (is_norm(node.op))
      for (const ParameterId id : node.parameters) result[static_cast<std::size_t>(id)] = true;
  return result;
}

bool is_bias(const std::string& name) { return name == "bias" || name.ends_with(".bias"); }

Rates rates_of(const std::string& name, bool of_norm, const Rates& configured, const GroupRules& rules) {
  Rates rates = configured;
  if ((of_norm && !rules.decay_norms) || (is_bias(name) && !rules.decay_biases)) rates.weight_decay = 0;
  const auto rule =
      std::find_if(rules.patterns.begin(), rules.patterns.end(), [&](const GroupRule& each) { return glob_matches(each.pattern, name); });
  if (rule == rules.patterns.end()) return rates;
  rates.lr = rule->lr.value_or(rates.lr);
  rates.weight_decay = rule->weight_decay.value_or(rates.weight_decay);
  return rates;
}

}  // namespace

std::vector<ParameterGroup> make_groups(const Model& model, const Rates& configured, const GroupRules& rules) {
  const std::vector<Parameter>& parameters = model.graph().parameters;
  const std::vector<bool> of_norm = norm_parameters(model.graph());
  std::vector<ParameterGroup> groups;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (!parameters[i].trainable) continue;
    const auto [begin, end] = model.trainable_range(static_cast<ParameterId>(i));
    const Rates rates = rates_of(parameters[i].name, of_norm[i], configured, rules);
    if (!groups.empty() && groups.back().rates == rates)
      groups.back().end = end;
    else
      groups.push_back({begin, end, rates});
  }
  return groups;
}

}  // namespace cnnctl
