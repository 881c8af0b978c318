#pragma once

namespace cnnctl {

/// An element-wise function of our own loops. The backward pass reads the result of relu, relu6, hardsigmoid and (where the slope is not
/// negative) leaky_relu, and the input of the rest.
struct EltwiseLoop {
  enum class Function { relu, leaky_relu, relu6, hardsigmoid, hardswish, silu, mish, softplus };
  Function function = Function::relu;
  float beta = 1;        // softplus's
  float threshold = 20;  // softplus's
  float slope = 0;       // leaky_relu's
};

}  // namespace cnnctl
