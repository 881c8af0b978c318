#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/schema/schema.h"

namespace cnnctl {

/// The settings of an optimizer that differ from parameter to parameter, or change as training goes on.
struct Rates {
  double lr = 0;
  double weight_decay = 0;
  double momentum = 0;  // of adam's kin the first of betas; adagrad has none

  friend bool operator==(const Rates&, const Rates&) = default;
};

/// Elements [begin, end) of all trainable parameters, which are updated with the same rates. PyTorch's param_groups.
struct ParameterGroup {
  std::size_t begin = 0;
  std::size_t end = 0;
  Rates rates;

  friend bool operator==(const ParameterGroup&, const ParameterGroup&) = default;
};

/// Updates all trainable parameters at once, in one pass over memory, from their gradients. Buffers are laid out like
/// Model::trainable_values().
class Optimizer {
 public:
  /// A buffer of the optimizer's state, one number a parameter element, under PyTorch's name ("exp_avg", "momentum_buffer").
  struct State {
    std::string name;
    std::span<float> values;
  };

  /// The part of the state that is the same for all elements.
  struct Counters {
    std::int64_t steps = 0;
    double mu_product = 1;  // nadam's, of the momenta so far

    friend bool operator==(const Counters&, const Counters&) = default;
  };

  virtual ~Optimizer() = default;

  /// The rates as configured.
  virtual Rates rates() const = 0;
  /// Prepares for groups of other momenta than rates() says; false where the optimizer has none. To be called before the first step.
  virtual bool use_momentum() { return true; }
  /// One update. `groups` do not overlap; elements in none of them keep their values. Equals PyTorch's own optimizer of that name.
  virtual void step(std::span<float> values, std::span<const float> gradients, std::span<const ParameterGroup> groups) = 0;
  /// What a resume needs.
  virtual std::vector<State> state() = 0;

  const Counters& counters() const { return counters_; }
  void set_counters(const Counters& counters) { counters_ = counters; }

 protected:
  Counters counters_;
};

/// The table of optimizers.
const std::vector<Choice>& optimizer_choices();

/// Makes the selected one for `count` elements.
std::unique_ptr<Optimizer> make_optimizer(const Selection& selection, std::size_t count);

}  // namespace cnnctl
