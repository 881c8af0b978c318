#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>

#include "engine/schema/arguments.h"
#include "engine/training/losses/types.h"

namespace cnnctl {
namespace {

struct CrossEntropyArguments {
  double label_smoothing = 0;
  std::optional<std::vector<double>> class_weights;
};

const Schema<CrossEntropyArguments>& schema() {
  using A = CrossEntropyArguments;
  static const Schema<A> schema =
      Schema<A>("cross_entropy", "Softmax and negative log-likelihood of the label, mean over the batch.", "torch.nn.CrossEntropyLoss")
          .optional("label_smoothing", &A::label_smoothing, "share of the target that all classes get alike", between(0, 1))
          .optional("class_weights", &A::class_weights, "how much an image of each class counts, a number a class", above(0));
  return schema;
}

void check_labels(std::span<const std::int32_t> labels, int classes) {
  for (const std::int32_t label : labels)
    if (label < 0 || label >= classes)
      throw std::out_of_range(fmt::format("the label {} is outside the network's {} classes, 0 to {}", label, classes, classes - 1));
}

void check_sizes(std::size_t logits, const Targets& targets, int classes, std::size_t gradient) {
  const std::size_t images = targets.labels.size();
  if (classes < 1 || images == 0 || logits != images * static_cast<std::size_t>(classes) || (gradient != 0 && gradient != logits) ||
      (!targets.others.empty() && targets.others.size() != images))
    throw std::invalid_argument(fmt::format("cross_entropy: {} logits do not fit {} labels of {} classes", logits, images, classes));
  check_labels(targets.labels, classes);
  check_labels(targets.others, classes);
}

/// A class that an image is of, and to which share.
struct Part {
  std::size_t label;
  double share;
};

/// Cross-entropy with its settings.
class CrossEntropy {
 public:
  CrossEntropy(const CrossEntropyArguments& arguments, int classes)
      : smoothing_(arguments.label_smoothing),
        weights_(arguments.class_weights.value_or(std::vector<double>(static_cast<std::size_t>(classes), 1.0))),
        weight_sum_(std::accumulate(weights_.begin(), weights_.end(), 0.0)) {}

  BatchLoss operator()(std::span<const float> logits, const Targets& targets, int classes, std::span<float> gradient) const {
    check_sizes(logits.size(), targets, classes, gradient.size());
    const auto width = static_cast<std::size_t>(classes);
    const double weight = divisor(targets), scale = 1 / weight;
    double sum = 0;
    for (std::size_t i = 0; i < targets.labels.size(); ++i) {
      const auto row = logits.subspan(i * width, width);
      const auto row_gradient = gradient.empty() ? gradient : gradient.subspan(i * width, width);
      const auto label = static_cast<std::size_t>(targets.labels[i]);
      const std::size_t other = targets.others.empty() ? label : static_cast<std::size_t>(targets.others[i]);
      if (label == other)
        sum += image_loss(row, std::array{Part{label, 1}}, scale, row_gradient);
      else
        sum += image_loss(row, std::array{Part{label, targets.share}, Part{other, 1 - targets.share}}, scale, row_gradient);
    }
    return {sum * scale, weight};
  }

 private:
  /// What the sum of the images' losses is divided by: the weights of their classes, but where labels are mixed their number, as PyTorch
  /// has it where targets are probabilities.
  double divisor(const Targets& targets) const {
    if (!targets.others.empty()) return static_cast<double>(targets.labels.size());
    double weight = 0;
    for (const std::int32_t label : targets.labels) weight += weights_[static_cast<std::size_t>(label)];
    return weight;
  }

  /// What of an image's target the class has because of the smoothing, and because the image shows it.
  double smoothed(std::size_t i) const { return smoothing_ * weights_[i] / static_cast<double>(weights_.size()); }
  double shown(const Part& part) const { return (1 - smoothing_) * weights_[part.label] * part.share; }

  /// The loss of one image, whose parts are of different classes. Where `gradient` is not empty, it becomes (softmax * the target's sum -
  /// target) * scale. Exponentials are of differences to the largest logit, so that none overflows.
  double image_loss(std::span<const float> logits, std::span<const Part> parts, double scale, std::span<float> gradient) const {
    const double largest = *std::max_element(logits.begin(), logits.end());
    double sum = 0;
    for (std::size_t i = 0; i < logits.size(); ++i) {
      const double exponential = std::exp(logits[i] - largest);
      sum += exponential;
      if (!gradient.empty()) gradient[i] = static_cast<float>(exponential);
    }
    if (!gradient.empty()) {
      double target_sum = smoothing_ * weight_sum_ / static_cast<double>(weights_.size());
      for (const Part& part : parts) target_sum += shown(part);
      const double factor = target_sum * scale / sum;
      for (std::size_t i = 0; i < logits.size(); ++i) gradient[i] = static_cast<float>(gradient[i] * factor - smoothed(i) * scale);
      // A shown class's softmax again in double: where it is near 1, subtracting 1 from a float would leave few digits.
      for (const Part& part : parts) {
        const double softmax = std::exp(logits[part.label] - largest) / sum;
        gradient[part.label] = static_cast<float>((softmax * target_sum - shown(part) - smoothed(part.label)) * scale);
      }
    }
    const auto negative_log = [&](std::size_t i) { return std::log(sum) - (logits[i] - largest); };
    double loss = 0;
    for (const Part& part : parts) loss += shown(part) * negative_log(part.label);
    if (smoothing_ > 0)
      for (std::size_t i = 0; i < logits.size(); ++i) loss += smoothed(i) * negative_log(i);
    return loss;
  }

  double smoothing_;
  std::vector<double> weights_;
  double weight_sum_;
};

Loss make(const Selection& selection, int classes) {
  const CrossEntropyArguments arguments = read_arguments(schema(), selection);
  if (arguments.class_weights && std::ssize(*arguments.class_weights) != classes)
    fail_at(selection.arguments.find("class_weights")->place,
            fmt::format("cross_entropy: class_weights needs a number for each of the {} classes, here are {}", classes,
                        arguments.class_weights->size()));
  return CrossEntropy(arguments, classes);
}

}  // namespace

LossType cross_entropy() { return {choice_of(schema()), make}; }

}  // namespace cnnctl
