#include <doctest/doctest.h>

#include "tests/layers/build.h"

namespace cnnctl {
namespace {

Eltwise eltwise(const std::string& type, const std::string& arguments) {
  return std::get<Eltwise>(build_layer(type, arguments, {2, 3, 4}).nodes.at(0).op);
}

TEST_CASE("activations are element-wise functions with PyTorch's defaults") {
  CHECK(eltwise("relu", "") == Eltwise{Eltwise::Function::relu, 0});
  CHECK(eltwise("sigmoid", "") == Eltwise{Eltwise::Function::sigmoid, 0});
  CHECK(eltwise("tanh", "") == Eltwise{Eltwise::Function::tanh, 0});
  CHECK(eltwise("leaky_relu", "") == Eltwise{Eltwise::Function::leaky_relu, 0.01F});
  CHECK(eltwise("elu", "") == Eltwise{Eltwise::Function::elu, 1});
  CHECK(eltwise("leaky_relu", "{negative_slope: 0.2}") == Eltwise{Eltwise::Function::leaky_relu, 0.2F});
  CHECK(eltwise("elu", "{alpha: 0.5}") == Eltwise{Eltwise::Function::elu, 0.5F});
  CHECK(eltwise("relu6", "") == Eltwise{Eltwise::Function::relu6});
  CHECK(eltwise("hardswish", "") == Eltwise{Eltwise::Function::hardswish});
  CHECK(eltwise("hardsigmoid", "") == Eltwise{Eltwise::Function::hardsigmoid});
  CHECK(eltwise("silu", "") == Eltwise{Eltwise::Function::silu});
  CHECK(eltwise("mish", "") == Eltwise{Eltwise::Function::mish});
  CHECK(eltwise("gelu", "") == Eltwise{Eltwise::Function::gelu});
  CHECK(eltwise("gelu", "{approximate: none}") == Eltwise{Eltwise::Function::gelu});
  CHECK(eltwise("gelu", "{approximate: tanh}") == Eltwise{Eltwise::Function::gelu_tanh});
  CHECK(eltwise("softplus", "") == Eltwise{Eltwise::Function::softplus, 1, 20});
  CHECK(eltwise("softplus", "{beta: 2, threshold: 5}") == Eltwise{Eltwise::Function::softplus, 2, 5});
}

TEST_CASE("activations and softmax keep maps and vectors as they are and have no parameters") {
  for (const char* type : {"relu", "sigmoid", "tanh", "leaky_relu", "elu", "softmax", "dropout", "relu6", "hardswish", "hardsigmoid",
                           "silu", "gelu", "mish", "softplus"})
    for (const Shape& shape : {Shape{2, 3, 4}, vector_of(24)}) {
      const Graph graph = build_layer(type, "", shape);
      CHECK(graph.output_shape() == shape);
      CHECK(graph.nodes.size() == 1);
      CHECK(graph.parameters.empty());
      CHECK(graph.layers.at(0).arguments == "");
      CHECK(graph.layers.at(0).arithmetic == "");
    }
}

TEST_CASE("an activation's arguments are told where they differ from the defaults") {
  CHECK(build_layer("leaky_relu", "{negative_slope: 0.2}", {2, 3, 4}).layers.at(0).arguments == "negative_slope 0.2");
  CHECK(build_layer("leaky_relu", "{negative_slope: 0.01}", {2, 3, 4}).layers.at(0).arguments == "");
  CHECK(build_layer("elu", "{alpha: 0.5}", {2, 3, 4}).layers.at(0).arguments == "alpha 0.5");
  CHECK(build_layer("gelu", "{approximate: tanh}", {2, 3, 4}).layers.at(0).arguments == "approximate tanh");
  CHECK(build_layer("softplus", "{beta: 2, threshold: 5}", {2, 3, 4}).layers.at(0).arguments == "beta 2, threshold 5");
}

TEST_CASE("an activation's arguments are checked") {
  CHECK(argument_errors("relu", "{inplace: true}") != "");
  CHECK(argument_errors("leaky_relu", "{negative_slope: steep}") != "");
  CHECK(argument_errors("elu", "{alpha: true}") != "");
  CHECK(argument_errors("gelu", "{approximate: fast}") == "approximate of gelu must be one of none, tanh, not 'fast'\n");
  CHECK(argument_errors("softplus", "{beta: 0}") != "");
}

TEST_CASE("prelu has one factor, or one a channel") {
  const Graph one = build_layer("prelu", "", {6, 3, 4});
  CHECK(parameter_text(one) == "layer.weight 1 constant 0.25\n");
  CHECK(std::get<ChannelScale>(one.nodes.at(0).op) == ChannelScale{true, true});
  CHECK(one.nodes.at(0).parameters == std::vector<ParameterId>{0});
  CHECK(one.layers.at(0).arguments == "");
  const Graph six = build_layer("prelu", "{num_parameters: 6, init: 0.1}", {6, 3, 4});
  CHECK(parameter_text(six) == "layer.weight 6 constant 0.1\n");
  CHECK(std::get<ChannelScale>(six.nodes.at(0).op) == ChannelScale{true, false});
  CHECK(six.layers.at(0).arguments == "num_parameters 6, init 0.1");
  CHECK(build_layer("prelu", "{num_parameters: 10}", vector_of(10)).output_shape() == vector_of(10));
}

TEST_CASE("prelu's num_parameters must be 1 or the number of channels") {
  CHECK(shape_error("prelu", "{num_parameters: 4}", {6, 3, 4}) ==
        "prelu's num_parameters 4 must be 1 or the number of its input's channels, 6");
  CHECK(argument_errors("prelu", "{num_parameters: 0}") != "");
}

TEST_CASE("maxout divides the channels, and shows it") {
  const Graph graph = build_layer("maxout", "{pool_size: 3}", {12, 5, 4});
  CHECK(to_string(graph) == "1: maxout(0) -> 4x5x4  layer\n");
  CHECK(std::get<Maxout>(graph.nodes.at(0).op) == Maxout{3});
  CHECK(graph.layers.at(0).arguments == "3");
  CHECK(graph.layers.at(0).arithmetic == "12 / 3 = 4");
  CHECK(build_layer("maxout", "{pool_size: 5}", vector_of(10)).output_shape() == vector_of(2));
}

TEST_CASE("maxout's pool_size must divide the channels, and is required") {
  CHECK(shape_error("maxout", "{pool_size: 5}", {12, 5, 4}) == "maxout's pool_size 5 must divide the number of its input's channels, 12");
  CHECK(shape_error("maxout", "{pool_size: 24}", {12, 5, 4}) != "");
  CHECK(argument_errors("maxout", "{pool_size: 0}") != "");
  CHECK(argument_errors("maxout", "") != "");
}

TEST_CASE("layer_scale's parameter is called as the layer, with a factor a channel") {
  const Graph graph = build_layer("layer_scale", "", {6, 3, 4});
  CHECK(parameter_text(graph) == "layer 6x1x1 constant 1e-06\n");
  CHECK(graph.output_shape() == Shape{6, 3, 4});
  CHECK(graph.layers.at(0).parameters == 6);
  CHECK(std::get<ChannelScale>(graph.nodes.at(0).op) == ChannelScale{});
  CHECK(graph.layers.at(0).arguments == "");
  const Graph other = build_layer("layer_scale", "{init: 0.1}", vector_of(5));
  CHECK(parameter_text(other) == "layer 5x1x1 constant 0.1\n");
  CHECK(other.layers.at(0).arguments == "init 0.1");
}

TEST_CASE("softmax is an op of its own") {
  CHECK(std::holds_alternative<Softmax>(build_layer("softmax", "", vector_of(10)).nodes.at(0).op));
}

}  // namespace
}  // namespace cnnctl
