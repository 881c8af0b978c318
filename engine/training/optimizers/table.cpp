#include <stdexcept>

#include "engine/training/optimizers/types.h"

namespace cnnctl {
namespace {

const std::vector<OptimizerType>& types() {
  static const std::vector<OptimizerType> types = {sgd(), adam(), adamw(), nadam(), rmsprop(), adagrad()};
  return types;
}

}  // namespace

const std::vector<Choice>& optimizer_choices() {
  static const std::vector<Choice> choices = [] {
    std::vector<Choice> result;
    for (const OptimizerType& type : types()) result.push_back(type.choice);
    return result;
  }();
  return choices;
}

std::unique_ptr<Optimizer> make_optimizer(const Selection& selection, std::size_t count) {
  for (const OptimizerType& type : types())
    if (type.choice.declaration->name == selection.type) return type.make(selection, count);
  throw std::invalid_argument("no optimizer is called " + selection.type);
}

}  // namespace cnnctl
