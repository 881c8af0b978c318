#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/schema/schema.h"

namespace cnnctl {

/// Updates all trainable parameters at once, in one pass over memory, from their gradients. Buffers are laid out like
/// Model::trainable_values().
class Optimizer {
 public:
  /// A buffer of the optimizer's state, one number a parameter element, under PyTorch's name ("exp_avg", "momentum_buffer").
  struct State {
    std::string name;
    std::span<float> values;
  };

  virtual ~Optimizer() = default;

  /// The learning rate as configured, which a schedule multiplies.
  virtual double learning_rate() const = 0;
  /// One update with learning rate `lr`. Equals PyTorch's own optimizer of that name.
  virtual void step(std::span<float> values, std::span<const float> gradients, double lr) = 0;
  /// What a resume needs.
  virtual std::vector<State> state() = 0;
  virtual std::int64_t steps_done() const = 0;
  virtual void set_steps_done(std::int64_t steps) = 0;
};

/// The table of optimizers.
const std::vector<Choice>& optimizer_choices();

/// Makes the selected one for `count` elements.
std::unique_ptr<Optimizer> make_optimizer(const Selection& selection, std::size_t count);

}  // namespace cnnctl
