#include <doctest/doctest.h>

#include <algorithm>

#include "../check.h"

namespace cnnctl {
namespace {

TEST_CASE("dropout's backward uses the forward's mask also where the gradient comes in another format than the result had") {
  ModelOptions options;
  options.batch_size = 2;
  Model model(network_of("- conv: {out_channels: 24, kernel_size: 1}\n- dropout", {3, 4, 5}), options);
  model.set_parameter(1, std::vector<float>(24, 1.0F));  // every element is the bias, 1, before dropout
  Program& program = model.training(2);
  program.forward();
  std::vector<double> sums(24, 0.0);
  for (std::size_t i = 0; i < program.output().size(); ++i) sums[i / 20 % 24] += static_cast<double>(program.output()[i]);
  std::fill(program.output_gradient().begin(), program.output_gradient().end(), 1.0F);
  program.backward();
  const std::vector<float> gradient = model.to_plain(1, model.trainable_gradients());
  CHECK(relative_error({gradient.begin(), gradient.end()}, sums) < 1e-6);
}

}  // namespace
}  // namespace cnnctl
