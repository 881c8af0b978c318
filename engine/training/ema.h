#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/runtime/model.h"

namespace cnnctl {

/// The exponential moving average of a model's parameters, running statistics included: average = decay * average + (1 - decay) * value
/// after every update, the first of which it copies. Source: torch.optim.swa_utils.AveragedModel with use_buffers, as torchvision's
/// ExponentialMovingAverage uses it.
class Ema {
 public:
  /// What the model's parameters are for the time being; the other one is kept here.
  enum class Held { trained, averaged };

  /// `model` must outlive this.
  Ema(Model& model, double decay);

  /// Takes the model's trained values into the average. To be called after every update of the weights.
  void update();
  /// Has the model hold the one or the other.
  void hold(Held what);
  Held held() const { return held_; }

  /// How many updates there were.
  std::int64_t updates() const { return updates_; }
  /// Takes what the model holds for averages of so many updates, as a resume finds them.
  void take_averages(std::int64_t updates);

 private:
  Model& model_;
  double decay_;
  std::vector<float> weights_;
  std::vector<float> others_;
  Held held_ = Held::trained;
  std::int64_t updates_ = 0;
};

/// Has a model hold the one or the other in a scope, and then again what it held before. `ema` may be null: then there is nothing to do.
class EmaScope {
 public:
  EmaScope(Ema* ema, Ema::Held what) : ema_(ema), before_(ema ? ema->held() : what) {
    if (ema_) ema_->hold(what);
  }
  ~EmaScope() {
    if (ema_) ema_->hold(before_);
  }
  EmaScope(const EmaScope&) = delete;
  EmaScope& operator=(const EmaScope&) = delete;

 private:
  Ema* ema_;
  Ema::Held before_;
};

}  // namespace cnnctl
