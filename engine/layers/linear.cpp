#include <cmath>

#include <fmt/format.h>

#include "engine/graph/cost.h"
#include "engine/layers/layer.h"

namespace cnnctl {
namespace {

struct LinearArguments {
  std::int64_t out_features = 0;
  bool bias = true;
  std::string over = "features";
};

const Schema<LinearArguments> schema =
    Schema<LinearArguments>("linear", "Fully connected layer over a vector, of any number of features, or over each pixel's channels.",
                            "torch.nn.Linear")
        .required("out_features", &LinearArguments::out_features, "length of the output vector", at_least(1))
        .optional("bias", &LinearArguments::bias, "adds a trained number to each output")
        .optional("over", &LinearArguments::over, "what it reads: the features of a vector, or the channels of a map, pixel by pixel", {},
                  {"features", "channels"});

void check(bool over_channels, const Shape& in) {
  if (!over_channels && !in.flat)
    throw ShapeError(fmt::format("linear needs a vector, but its input is a map {}", to_string(in)),
                     "put a flatten before it, or write over: channels to apply it to each pixel");
  if (over_channels && in.flat)
    throw ShapeError(fmt::format("linear over channels needs a map, but its input is a vector of {} features", to_string(in)),
                     "leave out over: channels");
}

/// A map's pixels are multiplied as by a 1x1 convolution.
Convolution pixelwise(const LinearArguments& arguments) {
  Convolution op;
  op.out_channels = arguments.out_features;
  op.bias = arguments.bias;
  return op;
}

void build(const LinearArguments& arguments, LayerBuilder& layer) {
  const Shape in = layer.input();
  const std::int64_t out = arguments.out_features;
  const bool over_channels = arguments.over == "channels";
  layer.describe(fmt::format("{}{}{}", out, over_channels ? ", over channels" : "", arguments.bias ? "" : ", no bias"));
  check(over_channels, in);

  const Initializer uniform{Initializer::Kind::uniform, 1 / std::sqrt(static_cast<double>(in.channels))};
  std::vector<ParameterId> parameters = {layer.parameter("weight", {out, in.channels}, uniform)};
  if (arguments.bias) parameters.push_back(layer.parameter("bias", {out}, uniform));
  const Shape result{out, in.height, in.width, in.flat};
  const std::int64_t weights = checked_product(in.channels, out);
  layer.apply(over_channels ? Op(pixelwise(arguments)) : Op(InnerProduct{out, arguments.bias}), result, std::move(parameters));
  layer.arithmetic(arguments.bias ? fmt::format("{}*{} + {} = {}", in.channels, out, out, weights + out)
                                  : fmt::format("{}*{} = {}", in.channels, out, weights));
  layer.macs(over_channels ? convolution_macs(in, result, pixelwise(arguments)) : weights);
}

}  // namespace

LayerType linear_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
