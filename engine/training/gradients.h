#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace cnnctl {

/// The mean gradient of all images of several batches, as one batch of them all would have it.
class GradientSum {
 public:
  /// Adds the gradient of a batch's mean loss, of which `weight` is BatchLoss::weight.
  void add(std::span<const float> gradients, double weight);
  bool empty() const { return weight_ == 0; }
  /// The mean of what was added, valid until the next add(), which begins anew.
  std::span<float> take_mean();

 private:
  std::vector<float> sum_;
  double weight_ = 0;
};

/// Limits each gradient to [-limit, limit]. Source: torch.nn.utils.clip_grad_value_.
void clip_gradient_values(std::span<float> gradients, double limit);

/// Scales the gradients so that their Euclidean norm is at most `largest`. Source: torch.nn.utils.clip_grad_norm_.
void clip_gradient_norm(std::span<float> gradients, double largest);

}  // namespace cnnctl
