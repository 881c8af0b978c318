#include "engine/graph/op.h"

namespace cnnctl {
namespace {

std::string eltwise_name(const Eltwise& op) {
  switch (op.function) {
    case Eltwise::Function::relu:
      return "relu";
    case Eltwise::Function::leaky_relu:
      return "leaky_relu";
    case Eltwise::Function::elu:
      return "elu";
    case Eltwise::Function::sigmoid:
      return "sigmoid";
    case Eltwise::Function::tanh:
      return "tanh";
    case Eltwise::Function::relu6:
      return "relu6";
    case Eltwise::Function::hardswish:
      return "hardswish";
    case Eltwise::Function::hardsigmoid:
      return "hardsigmoid";
    case Eltwise::Function::silu:
      return "silu";
    case Eltwise::Function::gelu:
      return "gelu";
    case Eltwise::Function::gelu_tanh:
      return "gelu_tanh";
    case Eltwise::Function::mish:
      return "mish";
    case Eltwise::Function::softplus:
      return "softplus";
  }
  return "";
}

std::string joined(const std::optional<Eltwise>& activation) { return activation ? "+" + eltwise_name(*activation) : ""; }

struct Name {
  std::string operator()(const Convolution& op) const {
    return std::string("convolution") + (op.norm ? "+batch_norm" : "") + (op.residual ? "+add" : "") + joined(op.activation);
  }
  std::string operator()(const BatchNorm& op) const {
    return std::string("batch_norm") + (op.residual ? "+add" : "") + joined(op.activation) + (op.pooling ? "+max_pooling" : "");
  }
  std::string operator()(const NormDepthwise& op) const {
    return (op.before ? operator()(*op.before) + "+" : "") + operator()(op.convolution) + "+" + operator()(op.behind);
  }
  std::string operator()(const InvertedResidual& op) const {
    return (op.expand ? operator()(*op.expand) + "+" : "") + operator()(op.depthwise) + "+" + operator()(op.project);
  }
  std::string operator()(const Eltwise& op) const { return eltwise_name(op); }
  std::string operator()(const Pooling& op) const { return op.kind == Pooling::Kind::max ? "max_pooling" : "average_pooling"; }
  std::string operator()(const AdaptivePooling& op) const {
    return op.kind == Pooling::Kind::max ? "adaptive_max_pooling" : "adaptive_average_pooling";
  }
  std::string operator()(const InnerProduct&) const { return "inner_product"; }
  std::string operator()(const Dropout& op) const { return op.whole_images ? "drop_path" : "dropout"; }
  std::string operator()(const Softmax&) const { return "softmax"; }
  std::string operator()(const Flatten&) const { return "flatten"; }
  std::string operator()(const Binary& op) const { return (op.kind == Binary::Kind::add ? "add" : "multiply") + joined(op.activation); }
  std::string operator()(const Concat&) const { return "concat"; }
  std::string operator()(const ChannelScale& op) const { return op.negative_only ? "prelu" : "channel_scale"; }
  std::string operator()(const Maxout&) const { return "maxout"; }
  std::string operator()(const LocalResponseNorm&) const { return "local_response_norm"; }
  std::string operator()(const LayerNorm&) const { return "layer_norm"; }
  std::string operator()(const GroupNorm&) const { return "group_norm"; }
  std::string operator()(const Pad&) const { return "pad"; }
  std::string operator()(const ChannelShuffle&) const { return "channel_shuffle"; }
  std::string operator()(const Slice&) const { return "slice"; }
};

}  // namespace

bool result_tells_derivative(const Eltwise& op) {
  switch (op.function) {
    case Eltwise::Function::relu:
    case Eltwise::Function::sigmoid:
    case Eltwise::Function::tanh:
    case Eltwise::Function::relu6:
    case Eltwise::Function::hardsigmoid:
      return true;
    case Eltwise::Function::leaky_relu:
    case Eltwise::Function::elu:
      return op.alpha >= 0;  // a negative slope or scale folds two inputs onto one result
    case Eltwise::Function::hardswish:
    case Eltwise::Function::silu:
    case Eltwise::Function::gelu:
    case Eltwise::Function::gelu_tanh:
    case Eltwise::Function::mish:
    case Eltwise::Function::softplus:
      return false;
  }
  return false;
}

bool has_own_loop(const Eltwise& op) {
  switch (op.function) {
    case Eltwise::Function::relu:
    case Eltwise::Function::leaky_relu:
    case Eltwise::Function::relu6:
    case Eltwise::Function::hardsigmoid:
    case Eltwise::Function::hardswish:
    case Eltwise::Function::silu:
    case Eltwise::Function::mish:
    case Eltwise::Function::softplus:
      return true;
    case Eltwise::Function::elu:
    case Eltwise::Function::sigmoid:
    case Eltwise::Function::tanh:
    case Eltwise::Function::gelu:
    case Eltwise::Function::gelu_tanh:
      return false;
  }
  return false;
}

bool keeps_zero(const Eltwise& op) {
  return op.function != Eltwise::Function::sigmoid && op.function != Eltwise::Function::hardsigmoid &&
         op.function != Eltwise::Function::softplus;
}

bool has_byte_places(const Pooling& op) {
  constexpr std::int64_t most = 255;
  return op.vertical.kernel <= most && op.horizontal.kernel <= most && op.vertical.kernel * op.horizontal.kernel <= most;
}

bool is_pointwise(const Convolution& op) {
  const auto single = [](const Window& w) { return w.kernel == 1 && w.stride == 1 && w.padding_begin == 0 && w.padding_end == 0; };
  return op.groups == 1 && single(op.vertical) && single(op.horizontal);
}

std::size_t parameters_of(const Convolution& op) {
  const std::size_t norm = op.norm ? (op.norm->affine ? 4 : 2) : 0;
  return 1 + (op.bias ? 1 : 0) + norm;
}

bool adds_gradients(const Op& op) {
  const auto* norm = std::get_if<BatchNorm>(&op);
  return norm != nullptr && norm->residual;
}

std::string op_name(const Op& op) { return std::visit(Name{}, op); }

}  // namespace cnnctl
