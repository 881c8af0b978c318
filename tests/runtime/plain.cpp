#include "plain.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

namespace cnnctl {
namespace {

struct Plain {
  const Node& node;
  const PlainParameters& all;
  std::vector<const PlainTensor*> inputs;
  PlainTensor y;  // with its shape
  bool training;
  const PlainTensor& x = *inputs.front();

  const std::vector<double>& parameter(std::size_t i) const { return all[static_cast<std::size_t>(node.parameters[i])]; }

  template <class Function>
  void each_output(Function function) {
    for (std::int64_t n = 0; n < y.images; ++n)
      for (std::int64_t c = 0; c < y.shape.channels; ++c)
        for (std::int64_t h = 0; h < y.shape.height; ++h)
          for (std::int64_t w = 0; w < y.shape.width; ++w) y.at(n, c, h, w) = function(n, c, h, w);
  }

  /// Calls visit(kernel row, kernel column, row, column) for the part of a window that lies inside the input.
  template <class Visit>
  void each_tap(const Window& vertical, const Window& horizontal, std::int64_t h, std::int64_t w, Visit visit) const {
    for (std::int64_t i = 0; i < vertical.kernel; ++i)
      for (std::int64_t j = 0; j < horizontal.kernel; ++j) {
        const std::int64_t row = h * vertical.stride - vertical.padding_begin + i * vertical.dilation;
        const std::int64_t column = w * horizontal.stride - horizontal.padding_begin + j * horizontal.dilation;
        if (row >= 0 && column >= 0 && row < x.shape.height && column < x.shape.width) visit(i, j, row, column);
      }
  }

  void operator()(const Convolution& op) {
    const std::int64_t in = x.shape.channels / op.groups, out = op.out_channels / op.groups;
    each_output([&](std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
      double sum = op.bias ? parameter(1)[static_cast<std::size_t>(c)] : 0;
      for (std::int64_t k = 0; k < in; ++k)
        each_tap(op.vertical, op.horizontal, h, w, [&](std::int64_t i, std::int64_t j, std::int64_t row, std::int64_t column) {
          const auto at = static_cast<std::size_t>(((c * in + k) * op.vertical.kernel + i) * op.horizontal.kernel + j);
          sum += parameter(0)[at] * x.at(n, c / out * in + k, row, column);
        });
      return sum;
    });
  }

  void operator()(const BatchNorm& op) {
    const std::size_t first = op.affine ? 2 : 0;
    for (std::int64_t c = 0; c < x.shape.channels; ++c) {
      const auto i = static_cast<std::size_t>(c);
      double mean = parameter(first)[i], variance = parameter(first + 1)[i];
      if (training) moments(c, mean, variance);
      const double scale = (op.affine ? parameter(0)[i] : 1) / std::sqrt(variance + static_cast<double>(op.epsilon));
      const double shift = op.affine ? parameter(1)[i] : 0;
      for (std::int64_t n = 0; n < x.images; ++n)
        for (std::int64_t h = 0; h < x.shape.height; ++h)
          for (std::int64_t w = 0; w < x.shape.width; ++w) y.at(n, c, h, w) = (x.at(n, c, h, w) - mean) * scale + shift;
    }
  }

  void moments(std::int64_t c, double& mean, double& variance) const {
    const auto count = static_cast<double>(x.images * x.shape.height * x.shape.width);
    const auto sum = [&](auto term) {
      double total = 0;
      for (std::int64_t n = 0; n < x.images; ++n)
        for (std::int64_t h = 0; h < x.shape.height; ++h)
          for (std::int64_t w = 0; w < x.shape.width; ++w) total += term(x.at(n, c, h, w));
      return total / count;
    };
    mean = sum([](double v) { return v; });
    variance = sum([m = mean](double v) { return (v - m) * (v - m); });
  }

  void operator()(const Eltwise& op) {
    const auto alpha = static_cast<double>(op.alpha);
    std::transform(x.values.begin(), x.values.end(), y.values.begin(), [&](double v) {
      switch (op.function) {
        case Eltwise::Function::relu:
          return std::max(v, 0.0);
        case Eltwise::Function::leaky_relu:
          return v > 0 ? v : alpha * v;
        case Eltwise::Function::elu:
          return v > 0 ? v : alpha * (std::exp(v) - 1);
        case Eltwise::Function::sigmoid:
          return 1 / (1 + std::exp(-v));
        case Eltwise::Function::tanh:
          return std::tanh(v);
        case Eltwise::Function::relu6:
          return std::clamp(v, 0.0, 6.0);
        case Eltwise::Function::hardswish:
          return v * std::clamp(v + 3, 0.0, 6.0) / 6;
        case Eltwise::Function::hardsigmoid:
          return std::clamp(v + 3, 0.0, 6.0) / 6;
        case Eltwise::Function::silu:
          return v / (1 + std::exp(-v));
        case Eltwise::Function::gelu:
          return v / 2 * std::erfc(-v * std::numbers::sqrt2 / 2);
        case Eltwise::Function::gelu_tanh:
          return v / 2 * (1 + std::tanh(std::sqrt(2 * std::numbers::inv_pi) * (v + 0.044715 * v * v * v)));
        case Eltwise::Function::mish:
          return v * std::tanh(std::log1p(std::exp(v)));
        case Eltwise::Function::softplus:
          return alpha * v > static_cast<double>(op.threshold) ? v : std::log1p(std::exp(alpha * v)) / alpha;
      }
      return v;
    });
  }

  void operator()(const Pooling& op) {
    each_output([&](std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
      double best = -std::numeric_limits<double>::infinity(), sum = 0, inside = 0;
      each_tap(op.vertical, op.horizontal, h, w, [&](std::int64_t, std::int64_t, std::int64_t row, std::int64_t column) {
        best = std::max(best, x.at(n, c, row, column));
        sum += x.at(n, c, row, column);
        ++inside;
      });
      if (op.kind == Pooling::Kind::max) return best;
      return sum / (op.count_padding ? static_cast<double>(op.vertical.kernel * op.horizontal.kernel) : inside);
    });
  }

  void operator()(const AdaptivePooling&) {
    const auto covered = [](std::int64_t i, std::int64_t in, std::int64_t out) {
      return std::pair(i * in / out, ((i + 1) * in + out - 1) / out);
    };
    each_output([&](std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
      const auto [top, bottom] = covered(h, x.shape.height, y.shape.height);
      const auto [left, right] = covered(w, x.shape.width, y.shape.width);
      double sum = 0;
      for (std::int64_t i = top; i < bottom; ++i)
        for (std::int64_t j = left; j < right; ++j) sum += x.at(n, c, i, j);
      return sum / static_cast<double>((bottom - top) * (right - left));
    });
  }

  void operator()(const InnerProduct& op) {
    const std::int64_t in = x.shape.count();
    each_output([&](std::int64_t n, std::int64_t c, std::int64_t, std::int64_t) {
      double sum = op.bias ? parameter(1)[static_cast<std::size_t>(c)] : 0;
      for (std::int64_t k = 0; k < in; ++k)
        sum += parameter(0)[static_cast<std::size_t>(c * in + k)] * x.values[static_cast<std::size_t>(n * in + k)];
      return sum;
    });
  }

  void operator()(const Softmax&) {
    each_output([&](std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
      double sum = 0;
      for (std::int64_t k = 0; k < x.shape.channels; ++k) sum += std::exp(x.at(n, k, h, w));
      return std::exp(x.at(n, c, h, w)) / sum;
    });
  }

  void operator()(const Flatten&) { y.values = x.values; }

  void operator()(const Binary& op) {
    const PlainTensor& b = *inputs[1];
    each_output([&](std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
      const double other = b.at(n, c, b.shape.height == 1 ? 0 : h, b.shape.width == 1 ? 0 : w);
      return op.kind == Binary::Kind::add ? x.at(n, c, h, w) + other : x.at(n, c, h, w) * other;
    });
  }

  void operator()(const Concat&) {
    each_output([&](std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
      std::size_t i = 0;
      while (c >= inputs[i]->shape.channels) c -= inputs[i++]->shape.channels;
      return inputs[i]->at(n, c, h, w);
    });
  }

  void operator()(const ChannelScale& op) {
    each_output([&](std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
      const double v = x.at(n, c, h, w);
      return op.negative_only && v > 0 ? v : v * parameter(0)[op.shared ? 0 : static_cast<std::size_t>(c)];
    });
  }

  void operator()(const Maxout& op) {
    each_output([&](std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
      double best = x.at(n, c * op.pool_size, h, w);
      for (std::int64_t i = 1; i < op.pool_size; ++i) best = std::max(best, x.at(n, c * op.pool_size + i, h, w));
      return best;
    });
  }

  void operator()(const Dropout& op) {
    if (op.probability > 0) throw std::logic_error("a plain run has no dropout: its masks are random");
    y.values = x.values;
  }
};

}  // namespace

PlainTensor run_plain(const Graph& graph, const PlainParameters& parameters, const PlainTensor& input, bool training) {
  std::vector<PlainTensor> values(graph.values.size());
  values[0] = input;
  for (const Node& node : graph.nodes) {
    const Shape& shape = graph.values[static_cast<std::size_t>(node.output)];
    PlainTensor y{input.images, shape, std::vector<double>(static_cast<std::size_t>(input.images * shape.count()))};
    std::vector<const PlainTensor*> inputs;
    for (const ValueId id : node.inputs) inputs.push_back(&values[static_cast<std::size_t>(id)]);
    Plain plain{node, parameters, std::move(inputs), std::move(y), training};
    std::visit(plain, node.op);
    values[static_cast<std::size_t>(node.output)] = std::move(plain.y);
  }
  return values[static_cast<std::size_t>(graph.output)];
}

}  // namespace cnnctl
