#include "engine/training/evaluate.h"

#include <stdexcept>

#include "tests/training/support.h"

namespace cnnctl {
namespace {

/// A model of 6 features and classes whose logits are `bias`, whatever the image.
Model biased_model(const std::vector<float>& bias) {
  Model model = linear_model(6, 6, 4);
  model.set_parameter(1, bias);
  return model;
}

TEST_CASE("an evaluation counts every image once, the smaller last batch included") {
  Model model = biased_model({0, 0, 1, 0, 0, 0});
  TestSource source(14, 6, 6);  // labels 0 1 2 3 4 5 0 1 2 3 4 5 0 1
  const Evaluation result = evaluate(model, source, cross_entropy_loss(6), 4);
  CHECK(source.batches == std::vector<std::int64_t>{4, 4, 4, 2});
  CHECK(result.images == 14);
  CHECK(result.correct == 2);
  CHECK(result.accuracy() == doctest::Approx(2.0 / 14));
  CHECK(result.confusion.at({0, 2}) == 3);
  CHECK(result.confusion.at({2, 2}) == 2);
  const double log_sum = std::log(5 + std::exp(1.0));
  CHECK(result.loss == doctest::Approx((12 * log_sum + 2 * (log_sum - 1)) / 14).epsilon(1e-6));
}

TEST_CASE("of equal logits the first class counts") {
  Model model = biased_model({0, 0, 0, 0, 0, 0});
  TestSource source(6, 6, 6);
  const Evaluation result = evaluate(model, source, cross_entropy_loss(6), 6);
  CHECK(result.correct == 1);
  CHECK(result.confusion.at({0, 0}) == 1);
  CHECK(result.correct_in_top5 == 5);
}

TEST_CASE("the five largest logits count as top 5") {
  Model model = biased_model({1, 2, 3, 4, 5, 6});
  TestSource source(12, 6, 6);
  const Evaluation result = evaluate(model, source, cross_entropy_loss(6), 5);
  CHECK(result.correct_in_top5 == 10);
  CHECK(result.top5_accuracy() == doctest::Approx(10.0 / 12));
}

TEST_CASE("an evaluation starts at the first image, wherever the source stood") {
  Model model = biased_model({0, 0, 0, 0, 0, 0});
  TestSource source(6, 6, 6);
  source.seek(1, 4);
  CHECK(evaluate(model, source, cross_entropy_loss(6), 4).images == 6);
  CHECK(source.seen == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5});
}

TEST_CASE("a network whose output is not the number of classes is refused") {
  Model model = linear_model(6, 5);
  TestSource source(6, 6, 6);
  CHECK_THROWS_AS(evaluate(model, source, cross_entropy_loss(6), 4), std::invalid_argument);
}

TEST_CASE("the accuracy line names the part of the dataset and has two digits behind the point") {
  Evaluation evaluation;
  evaluation.images = 10000;
  evaluation.correct = 9897;
  CHECK(accuracy_line(evaluation, "test") == "Test Accuracy of the model on the 10000 test images: 98.97 %");
  evaluation.correct = 10000;
  CHECK(accuracy_line(evaluation, "test") == "Test Accuracy of the model on the 10000 test images: 100.00 %");
  CHECK(accuracy_line({}, "test") == "Test Accuracy of the model on the 0 test images: 0.00 %");
  CHECK(accuracy_line(evaluation, "train") == "Train Accuracy of the model on the 10000 train images: 100.00 %");
}

}  // namespace
}  // namespace cnnctl
