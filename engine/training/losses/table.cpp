#include "engine/training/losses/types.h"

namespace cnnctl {
namespace {

const std::vector<LossType>& types() {
  static const std::vector<LossType> types = {cross_entropy()};
  return types;
}

}  // namespace

const std::vector<Choice>& loss_choices() {
  static const std::vector<Choice> choices = choices_of(types());
  return choices;
}

Loss make_loss(const Selection& selection, int classes) { return type_of(selection, types()).make(selection, classes); }

}  // namespace cnnctl
