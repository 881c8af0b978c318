#include <cmath>

#include <fmt/format.h>

#include "engine/layers/layer.h"

namespace cnnctl {
namespace {

struct LinearArguments {
  std::int64_t out_features = 0;
  bool bias = true;
};

const Schema<LinearArguments> schema =
    Schema<LinearArguments>("linear", "Fully connected layer over a vector, of any number of features.", "torch.nn.Linear")
        .required("out_features", &LinearArguments::out_features, "length of the output vector", at_least(1))
        .optional("bias", &LinearArguments::bias, "adds a trained number to each output");

void build(const LinearArguments& arguments, LayerBuilder& layer) {
  const Shape in = layer.input();
  const std::int64_t out = arguments.out_features;
  layer.describe(fmt::format("{}{}", out, arguments.bias ? "" : ", no bias"));
  if (!in.flat) throw ShapeError(fmt::format("linear needs a vector, but its input is a map {}", to_string(in)), "put a flatten before it");

  const Initializer uniform{Initializer::Kind::uniform, 1 / std::sqrt(static_cast<double>(in.channels))};
  std::vector<ParameterId> parameters = {layer.parameter("weight", {out, in.channels}, uniform)};
  if (arguments.bias) parameters.push_back(layer.parameter("bias", {out}, uniform));
  const std::int64_t weights = checked_product(in.channels, out);
  layer.apply(InnerProduct{out, arguments.bias}, {out, 1, 1, true}, std::move(parameters));
  layer.arithmetic(arguments.bias ? fmt::format("{}*{} + {} = {}", in.channels, out, out, weights + out)
                                  : fmt::format("{}*{} = {}", in.channels, out, weights));
  layer.macs(weights);
}

}  // namespace

LayerType linear_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
