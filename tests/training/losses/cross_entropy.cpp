#include <limits>
#include <stdexcept>

#include "tests/support/input_error.h"
#include "tests/training/support.h"

namespace cnnctl {
namespace {

/// Labels, which the files hold as floats.
std::vector<std::int32_t> integers(const Tensor& tensor) {
  std::vector<std::int32_t> result;
  for (const float value : tensor.values) result.push_back(static_cast<std::int32_t>(value));
  return result;
}

TEST_CASE("cross_entropy and its gradient are PyTorch's") {
  const SafeTensors file = reference("cross_entropy.safetensors");
  CHECK(file.metadata.size() == 6);
  for (const auto& [key, item] : file.metadata) {
    const std::string& name = key;  // clang 14 captures no structured binding
    CAPTURE(name);
    const Tensor& logits = file.tensors.at(name + "/logits");
    const std::vector<std::int32_t> labels = integers(file.tensors.at(name + "/labels"));
    std::vector<float> gradient(logits.values.size());
    const auto classes = static_cast<int>(logits.dims[1]);
    const Loss function = cross_entropy_loss(classes, item);
    const double loss = function(logits.values, {labels}, classes, gradient).mean;
    CHECK(loss == doctest::Approx(file.tensors.at(name + "/loss").values[0]).epsilon(1e-6));
    check_near(gradient, file.tensors.at(name + "/gradient").values, 1e-6, 1e-7);
    CHECK(function(logits.values, {labels}, classes, {}).mean == loss);
  }
}

TEST_CASE("cross_entropy of mixed labels and its gradient are PyTorch's of class probabilities") {
  const SafeTensors file = reference("mixed_cross_entropy.safetensors");
  CHECK(file.metadata.size() == 5);
  for (const auto& [key, item] : file.metadata) {
    const std::string& name = key;  // clang 14 captures no structured binding
    CAPTURE(name);
    const Tensor& logits = file.tensors.at(name + "/logits");
    const std::vector<std::int32_t> labels = integers(file.tensors.at(name + "/labels")),
                                    others = integers(file.tensors.at(name + "/others"));
    const double share = double{file.tensors.at(name + "/share").values[0]};
    std::vector<float> gradient(logits.values.size());
    const auto classes = static_cast<int>(logits.dims[1]);
    const double loss = cross_entropy_loss(classes, item)(logits.values, {labels, others, share}, classes, gradient).mean;
    CHECK(loss == doctest::Approx(file.tensors.at(name + "/loss").values[0]).epsilon(1e-6));
    check_near(gradient, file.tensors.at(name + "/gradient").values, 1e-6, 1e-7);
  }
}

TEST_CASE("cross_entropy of huge logits neither overflows nor loses its value") {
  const std::vector<float> logits = {3e38F, -3e38F};
  const std::vector<std::int32_t> labels = {0};
  std::vector<float> gradient(2);
  CHECK(cross_entropy_loss(2)(logits, {labels}, 2, gradient).mean == 0);
  CHECK(gradient == std::vector<float>{0, 0});
}

TEST_CASE("cross_entropy of a logit that is no number is no number") {
  const std::vector<float> logits = {0, std::numeric_limits<float>::quiet_NaN(), 1};
  const std::vector<std::int32_t> labels = {0};
  CHECK(std::isnan(cross_entropy_loss(3)(logits, {labels}, 3, {}).mean));
}

TEST_CASE("cross_entropy names a label that is outside the classes") {
  const std::vector<float> logits(6);
  for (const std::int32_t label : {-1, 3}) {
    const std::vector<std::int32_t> labels = {2, label}, right = {0, 1};
    CHECK_THROWS_AS(cross_entropy_loss(3)(logits, {right, labels, 0.5}, 3, {}), std::out_of_range);
    try {
      cross_entropy_loss(3)(logits, {labels}, 3, {});
      FAIL_CHECK("no exception");
    } catch (const std::out_of_range& error) {
      CHECK(error.what() == "the label " + std::to_string(label) + " is outside the network's 3 classes, 0 to 2");
    }
  }
}

TEST_CASE("batches of unlike classes make the loss of them all by their weights") {
  const std::vector<float> logits = {1, 0, -1, 2, 0.5F, 0.25F, 3, -2};
  const std::vector<std::int32_t> labels = {0, 1, 0, 0};
  const Loss loss = cross_entropy_loss(2, "cross_entropy: {class_weights: [1, 9], label_smoothing: 0.1}");
  const BatchLoss whole = loss(logits, {labels}, 2, {});
  CHECK(whole.weight == 12);
  double sum = 0, weight = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const BatchLoss one = loss(std::span(logits).subspan(2 * i, 2), {std::span(labels).subspan(i, 1)}, 2, {});
    sum += one.mean * one.weight;
    weight += one.weight;
  }
  CHECK(sum / weight == doctest::Approx(whole.mean));
  CHECK(loss(logits, {labels, labels, 0.5}, 2, {}).weight == 4);  // PyTorch's for probabilities
}

TEST_CASE("class weights must be as many as there are classes") {
  CHECK_NOTHROW(cross_entropy_loss(2, "cross_entropy: {class_weights: [1, 2]}"));
  CHECK_THROWS_WITH_AS(cross_entropy_loss(3, "cross_entropy: {class_weights: [1, 2]}"),
                       doctest::Contains("a number for each of the 3 classes, here are 2"), ConfigError);
  CHECK(contains(mistakes("cross_entropy: {class_weights: [1, 0]}", loss_choices()), "class_weights[1] of cross_entropy must be above 0"));
  CHECK(contains(mistakes("cross_entropy: {label_smoothing: 1.5}", loss_choices()), "label_smoothing"));
}

TEST_CASE("cross_entropy refuses sizes that do not fit") {
  const std::vector<float> logits(6);
  std::vector<float> short_gradient(5);
  const std::vector<std::int32_t> labels = {0, 1};
  const Loss loss = cross_entropy_loss(3);
  CHECK_THROWS_AS(loss(logits, {labels}, 4, {}), std::invalid_argument);
  CHECK_THROWS_AS(loss(logits, {labels}, 0, {}), std::invalid_argument);
  CHECK_THROWS_AS(loss(logits, {labels, std::span(labels).first(1), 0.5}, 3, {}), std::invalid_argument);
  CHECK_THROWS_AS(loss(logits, {labels}, 3, short_gradient), std::invalid_argument);
  CHECK_THROWS_AS(loss({}, Targets{}, 3, {}), std::invalid_argument);
}

}  // namespace
}  // namespace cnnctl
