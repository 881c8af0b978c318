#include <stdexcept>

#include "engine/training/losses/types.h"

namespace cnnctl {
namespace {

const std::vector<LossType>& types() {
  static const std::vector<LossType> types = {cross_entropy()};
  return types;
}

}  // namespace

const std::vector<Choice>& loss_choices() {
  static const std::vector<Choice> choices = [] {
    std::vector<Choice> result;
    for (const LossType& type : types()) result.push_back(type.choice);
    return result;
  }();
  return choices;
}

Loss make_loss(const Selection& selection, int classes) {
  for (const LossType& type : types())
    if (type.choice.declaration->name == selection.type) return type.make(selection, classes);
  throw std::invalid_argument("no loss is called " + selection.type);
}

}  // namespace cnnctl
