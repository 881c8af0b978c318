#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

#include "engine/training/arguments.h"
#include "engine/training/losses/types.h"

namespace cnnctl {
namespace {

struct CrossEntropyArguments {};

const Schema<CrossEntropyArguments>& schema() {
  static const Schema<CrossEntropyArguments> schema(
      "cross_entropy", "Softmax and negative log-likelihood of the label, mean over the batch.", "torch.nn.CrossEntropyLoss");
  return schema;
}

void check_sizes(std::size_t logits, std::span<const std::int32_t> labels, int classes, std::size_t gradient) {
  if (classes < 1 || labels.empty() || logits != labels.size() * static_cast<std::size_t>(classes) || (gradient != 0 && gradient != logits))
    throw std::invalid_argument(fmt::format("cross_entropy: {} logits do not fit {} labels of {} classes", logits, labels.size(), classes));
  for (const std::int32_t label : labels)
    if (label < 0 || label >= classes)
      throw std::out_of_range(fmt::format("the label {} is outside the network's {} classes, 0 to {}", label, classes, classes - 1));
}

/// The loss of one image. Where `gradient` is not empty, it becomes (softmax - one-hot label) * scale. Exponentials are of differences to
/// the largest logit, so that none overflows.
double image_loss(std::span<const float> logits, std::size_t label, double scale, std::span<float> gradient) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double exponential = std::exp(logits[i] - largest);
    sum += exponential;
    if (!gradient.empty()) gradient[i] = static_cast<float>(exponential);
  }
  if (!gradient.empty()) {
    for (float& element : gradient) element = static_cast<float>(element * (scale / sum));
    // The label's softmax again in double: where it is near 1, subtracting 1 from a float would leave few digits.
    gradient[label] = static_cast<float>((std::exp(logits[label] - largest) / sum - 1) * scale);
  }
  return std::log(sum) - (logits[label] - largest);
}

double batch_loss(std::span<const float> logits, std::span<const std::int32_t> labels, int classes, std::span<float> gradient) {
  check_sizes(logits.size(), labels, classes, gradient.size());
  const auto width = static_cast<std::size_t>(classes);
  const double scale = 1.0 / static_cast<double>(labels.size());
  double sum = 0;
  for (std::size_t i = 0; i < labels.size(); ++i)
    sum += image_loss(logits.subspan(i * width, width), static_cast<std::size_t>(labels[i]), scale,
                      gradient.empty() ? gradient : gradient.subspan(i * width, width));
  return sum * scale;
}

Loss make(const Selection& selection) {
  read_arguments(schema(), selection);
  return batch_loss;
}

}  // namespace

LossType cross_entropy() { return {choice_of(schema()), make}; }

}  // namespace cnnctl
