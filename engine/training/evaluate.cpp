#include "engine/training/evaluate.h"

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include <fmt/format.h>

namespace cnnctl {
namespace {

/// How many classes are taken before `label`: those with a larger logit, and equal ones that stand before it. Not comparable (NaN) counts
/// as larger.
std::ptrdiff_t rank_of(std::span<const float> logits, std::size_t label) {
  const float own = logits[label];
  const auto middle = logits.begin() + static_cast<std::ptrdiff_t>(label);
  return std::count_if(logits.begin(), middle, [own](float logit) { return !(logit < own); }) +
         std::count_if(middle + 1, logits.end(), [own](float logit) { return !(logit <= own); });
}

/// Adds one image to the counts.
void count_image(Evaluation& result, std::span<const float> logits, std::int32_t label) {
  const auto predicted = static_cast<std::int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
  ++result.images;
  ++result.confusion[{label, predicted}];
  if (predicted == label) ++result.correct;
  if (rank_of(logits, static_cast<std::size_t>(label)) < 5) ++result.correct_in_top5;
}

/// The images of a batch that have a label: their logits and labels.
struct Counted {
  std::vector<float> logits;
  std::vector<std::int32_t> labels;
};

Counted with_labels(std::span<const float> logits, std::span<const std::int32_t> labels, std::size_t width) {
  Counted counted;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == BatchSource::no_label) continue;
    const auto row = logits.subspan(i * width, width);
    counted.logits.insert(counted.logits.end(), row.begin(), row.end());
    counted.labels.push_back(labels[i]);
  }
  return counted;
}

/// Runs one batch; returns the loss of its images that have a label.
BatchLoss evaluate_batch(Program& program, BatchSource& source, const Loss& loss, std::span<std::int32_t> labels, int classes,
                         Evaluation& result) {
  source.next(program.input(), labels);
  program.forward();
  const auto width = static_cast<std::size_t>(classes);
  const Counted counted = with_labels(program.output(), labels, width);
  if (counted.labels.empty()) return {};
  const std::span<const float> logits(counted.logits);
  const BatchLoss batch = loss(logits, {counted.labels}, classes, {});  // throws where a label is out of range
  for (std::size_t i = 0; i < counted.labels.size(); ++i) count_image(result, logits.subspan(i * width, width), counted.labels[i]);
  return batch;
}

}  // namespace

void prepare_evaluation(Model& model, std::int64_t images, std::int64_t batch_size) {
  if (images >= batch_size) model.evaluation(batch_size);
  if (const std::int64_t last = images % batch_size; last > 0) model.evaluation(last);
}

Evaluation evaluate(Model& model, BatchSource& source, const Loss& loss, std::int64_t batch_size) {
  const int classes = source.classes();
  if (model.graph().output_shape().count() != classes)
    throw std::invalid_argument(fmt::format("the network gives {} numbers for {} classes", model.graph().output_shape().count(), classes));
  Evaluation result;
  source.seek(0, 0);
  std::vector<std::int32_t> labels(static_cast<std::size_t>(std::min(batch_size, source.size())));
  double loss_sum = 0, weight_sum = 0;
  for (std::int64_t left = source.size(); left > 0;) {
    const std::int64_t images = std::min(batch_size, left);
    const std::span<std::int32_t> batch_labels(labels.data(), static_cast<std::size_t>(images));
    const BatchLoss batch = evaluate_batch(model.evaluation(images), source, loss, batch_labels, classes, result);
    loss_sum += batch.mean * batch.weight;
    weight_sum += batch.weight;
    left -= images;
  }
  if (result.images > 0) result.loss = loss_sum / weight_sum;
  return result;
}

std::string accuracy_line(const Evaluation& evaluation, const std::string& part) {
  std::string line =
      fmt::format("{0} Accuracy of the model on the {1} {0} images: {2:.2f} %", part, evaluation.images, 100 * evaluation.accuracy());
  line.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(line.front())));
  return line;
}

}  // namespace cnnctl
