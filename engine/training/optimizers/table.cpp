#include "engine/training/optimizers/types.h"

namespace cnnctl {
namespace {

const std::vector<OptimizerType>& types() {
  static const std::vector<OptimizerType> types = {sgd(), adam(), adamw(), nadam(), rmsprop(), adagrad()};
  return types;
}

}  // namespace

const std::vector<Choice>& optimizer_choices() {
  static const std::vector<Choice> choices = choices_of(types());
  return choices;
}

std::unique_ptr<Optimizer> make_optimizer(const Selection& selection, std::size_t count) {
  return type_of(selection, types()).make(selection, count);
}

}  // namespace cnnctl
