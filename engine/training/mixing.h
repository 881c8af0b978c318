#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/graph/shape.h"
#include "engine/training/losses/loss.h"

namespace cnnctl {

/// How the images of a training batch are mixed, and their labels with them: each image with the one before it in the batch, the first with
/// the last, all to the same share, which is drawn once a batch from Beta(alpha, alpha). Where both ways are given, each batch goes one of
/// them, either as likely. Sources: torchvision.transforms.v2.MixUp and CutMix; Zhang et al., "mixup: Beyond Empirical Risk Minimization",
/// 2018; Yun et al., "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features", 2019.
struct Mixing {
  std::optional<double> mixup{};   // alpha; values are added in these shares
  std::optional<double> cutmix{};  // alpha; a box of the other image, which the share gives its size, is put over each
  std::uint64_t seed = 1;

  bool is_on() const { return mixup || cutmix; }
};

/// Mixes batches. What is random follows from the seed, the epoch and the step alone, so that a resumed run mixes the same.
class BatchMixer {
 public:
  /// `mixing` must be on.
  explicit BatchMixer(const Mixing& mixing) : mixing_(mixing) {}

  /// Mixes the images (N x C x H x W) of a batch, the step-th (from 0) of an epoch. What is returned refers to `labels`, and is valid until
  /// the next call.
  Targets mix(std::span<float> images, const Shape& image, std::span<const std::int32_t> labels, std::int64_t epoch, std::int64_t step);

 private:
  Mixing mixing_;
  std::vector<std::int32_t> others_;
};

}  // namespace cnnctl
