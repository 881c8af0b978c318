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
      if (training && !op.frozen) moments(c, mean, variance);
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

  void operator()(const NormDepthwise&) { throw std::logic_error("a plain run is that of a graph in front of all passes"); }
  void operator()(const InvertedResidual&) { throw std::logic_error("a plain run is that of a graph in front of all passes"); }

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

  /// Taps of window `out` that lie inside the padded input, in one dimension.
  static std::int64_t padded_taps(const Window& window, std::int64_t out, std::int64_t in) {
    std::int64_t taps = 0;
    for (std::int64_t i = 0; i < window.kernel; ++i) taps += out * window.stride + i < window.padding_begin + in + window.padding_end;
    return taps;
  }

  void operator()(const Pooling& op) {
    each_output([&](std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
      double best = -std::numeric_limits<double>::infinity(), sum = 0, counted = 0;
      each_tap(op.vertical, op.horizontal, h, w, [&](std::int64_t, std::int64_t, std::int64_t row, std::int64_t column) {
        best = std::max(best, x.at(n, c, row, column));
        sum += x.at(n, c, row, column);
        ++counted;
      });
      if (op.kind == Pooling::Kind::max) return best;
      if (op.count_padding)
        counted = static_cast<double>(padded_taps(op.vertical, h, x.shape.height) * padded_taps(op.horizontal, w, x.shape.width));
      return sum / counted;
    });
  }

  void operator()(const AdaptivePooling& op) {
    const auto covered = [](std::int64_t i, std::int64_t in, std::int64_t out) {
      return std::pair(i * in / out, ((i + 1) * in + out - 1) / out);
    };
    each_output([&](std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
      const auto [top, bottom] = covered(h, x.shape.height, y.shape.height);
      const auto [left, right] = covered(w, x.shape.width, y.shape.width);
      double sum = 0, best = -std::numeric_limits<double>::infinity();
      for (std::int64_t i = top; i < bottom; ++i)
        for (std::int64_t j = left; j < right; ++j) {
          sum += x.at(n, c, i, j);
          best = std::max(best, x.at(n, c, i, j));
        }
      return op.kind == Pooling::Kind::max ? best : sum / static_cast<double>((bottom - top) * (right - left));
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
  void operator()(const LocalResponseNorm& op) {
    each_output([&](std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
      double squares = 0;
      for (std::int64_t k = c - op.size / 2; k <= c + (op.size - 1) / 2; ++k)
        if (k >= 0 && k < x.shape.channels) squares += x.at(n, k, h, w) * x.at(n, k, h, w);
      const double scale = static_cast<double>(op.k) + static_cast<double>(op.alpha) / static_cast<double>(op.size) * squares;
      return x.at(n, c, h, w) / std::pow(scale, static_cast<double>(op.beta));
    });
  }

  void operator()(const LayerNorm& op) {
    each_output([&](std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
      std::vector<double> channels;
      for (std::int64_t k = 0; k < x.shape.channels; ++k) channels.push_back(x.at(n, k, h, w));
      return normalized(x.at(n, c, h, w), channels, c, op.epsilon, op.affine);
    });
  }

  void operator()(const GroupNorm& op) {
    const std::int64_t size = x.shape.channels / op.groups * x.shape.height * x.shape.width;
    for (std::size_t i = 0; i < x.values.size(); ++i) {
      const auto begin = x.values.begin() + static_cast<std::int64_t>(i) / size * size;
      const auto channel = static_cast<std::int64_t>(i) / (x.shape.height * x.shape.width) % x.shape.channels;
      y.values[i] = normalized(x.values[i], {begin, begin + size}, channel, op.epsilon, op.affine);
    }
  }

  double normalized(double value, const std::vector<double>& among, std::int64_t channel, float epsilon, bool affine) const {
    const auto count = static_cast<double>(among.size());
    double mean = 0, variance = 0;
    for (const double v : among) mean += v / count;
    for (const double v : among) variance += (v - mean) * (v - mean) / count;
    const auto i = static_cast<std::size_t>(channel);
    return (value - mean) / std::sqrt(variance + static_cast<double>(epsilon)) * (affine ? parameter(0)[i] : 1) +
           (affine ? parameter(1)[i] : 0);
  }

  void operator()(const Pad& op) {
    const auto inner = [&op](std::int64_t i, std::int64_t size) {
      if (op.mode == Pad::Mode::replicate) return std::clamp<std::int64_t>(i, 0, size - 1);
      if (op.mode == Pad::Mode::reflect) return i < 0 ? -i : i >= size ? 2 * size - 2 - i : i;
      return i < size ? i : -1;
    };
    each_output([&](std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
      const std::int64_t row = inner(h - op.top, x.shape.height), column = inner(w - op.left, x.shape.width);
      return row < 0 || column < 0 ? static_cast<double>(op.value) : x.at(n, c, row, column);
    });
  }

  void operator()(const ChannelShuffle& op) {
    const std::int64_t column = x.shape.channels / op.groups;
    each_output([&](std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
      return x.at(n, c % op.groups * column + c / op.groups, h, w);
    });
  }

  void operator()(const Slice& op) {
    each_output([&](std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) { return x.at(n, op.begin + c, h, w); });
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
