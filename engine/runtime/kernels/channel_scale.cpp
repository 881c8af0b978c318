#include <algorithm>

#include "engine/runtime/kernels/declarations.h"
#include "engine/runtime/kernels/vectors.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

std::int64_t planes(const ChannelLayout& layout) { return layout.images * layout.blocks; }

// Channels that a block may have; what is wider has all channels together, and no padding.
constexpr std::int64_t kWidestBlock = 64;

/// Where one factor serves a run of more channels than a block has, an image is one channel of as many pixels as it has elements.
ChannelScaleGeometry simplified(ChannelScaleGeometry g) {
  if (g.shared && g.layout.width > kWidestBlock) g.layout = {g.layout.images, 1, 1, 1, g.layout.channels, g.layout.pixels()};
  return g;
}

/// The factors of one block's channels. Blocks that end beyond the last channel have zeros there, so that padding stays zero.
class Factors {
 public:
  Factors(const ChannelScaleGeometry& g, const float* weight, std::int64_t block) {
    const std::int64_t first = block * g.layout.width, count = std::min(g.layout.width, g.layout.channels - first);
    if (count == g.layout.width && !g.shared) {
      factors_ = weight + first;
      return;
    }
    for (std::int64_t i = 0; i < count; ++i) padded_[i] = g.shared ? *weight : weight[first + i];
    factors_ = padded_;
  }
  Factors(const Factors&) = delete;
  Factors& operator=(const Factors&) = delete;

  const float* begin() const { return factors_; }

 private:
  const float* factors_;
  float padded_[kWidestBlock] = {};
};

template <bool NegativeOnly, class Number>
Number scaled(const Number& value, const Number& by, const Number& factor) {
  const Number product = value * factor;
  if constexpr (NegativeOnly) return by > 0.0F ? value : product;
  return product;
}

template <bool NegativeOnly, class Number>
Number weight_part(const Number& x, const Number& dy) {
  const Number product = x * dy;
  if constexpr (NegativeOnly) return x > 0.0F ? Number{} : product;
  return product;
}

/// A run of elements that whole vectors of factors fit: of one channel, or of blocks of `Width`. Only the former leave a rest.
template <bool NegativeOnly, int Width>
void forward_run(const typename Vectors<Width>::Floats& factor, const float* x, float* y, std::int64_t count) {
  using V = Vectors<Width>;
  std::int64_t i = 0;
  for (; i + Width <= count; i += Width) {
    const auto value = V::load(x + i);
    V::store(y + i, scaled<NegativeOnly>(value, value, factor));
  }
  for (; i < count; ++i) y[i] = scaled<NegativeOnly>(x[i], x[i], static_cast<float>(factor[0]));
}

/// Returns the sum of the factors' gradients, lane by lane.
template <bool NegativeOnly, int Width>
typename Vectors<Width>::Floats backward_run(const typename Vectors<Width>::Floats& factor, const float* x, const float* dy, float* dx,
                                             std::int64_t count) {
  using V = Vectors<Width>;
  typename V::Floats sums{};
  std::int64_t i = 0;
  for (; i + Width <= count; i += Width) {
    const auto value = V::load(x + i), gradient = V::load(dy + i);
    sums += weight_part<NegativeOnly>(value, gradient);
    V::store(dx + i, scaled<NegativeOnly>(gradient, value, factor));
  }
  for (; i < count; ++i) {
    sums[0] += weight_part<NegativeOnly>(x[i], dy[i]);
    dx[i] = scaled<NegativeOnly>(dy[i], x[i], static_cast<float>(factor[0]));
  }
  return sums;
}

template <bool NegativeOnly, int Width>
void forward_block(const ChannelScaleGeometry& g, const float* factors, const float* x, float* y) {
  forward_run<NegativeOnly, Width>(Vectors<Width>::load(factors), x, y, g.layout.pixels() * Width);
}

/// `sums` gets a number a channel of the block: this plane's part of the factors' gradient.
template <bool NegativeOnly, int Width>
void backward_block(const ChannelScaleGeometry& g, const float* factors, const float* x, const float* dy, float* dx, float* sums) {
  const auto sum = backward_run<NegativeOnly, Width>(Vectors<Width>::load(factors), x, dy, dx, g.layout.pixels() * Width);
  Vectors<Width>::store(sums, sum);
}

template <bool NegativeOnly>
void forward_channel(const ChannelScaleGeometry& g, const float* factors, const float* x, float* y) {
  constexpr int width = CNNCTL_ISA_WIDTH;
  forward_run<NegativeOnly, width>(typename Vectors<width>::Floats{} + *factors, x, y, g.layout.pixels());
}

template <bool NegativeOnly>
void backward_channel(const ChannelScaleGeometry& g, const float* factors, const float* x, const float* dy, float* dx, float* sums) {
  constexpr int width = CNNCTL_ISA_WIDTH;
  const auto sum = backward_run<NegativeOnly, width>(typename Vectors<width>::Floats{} + *factors, x, dy, dx, g.layout.pixels());
  *sums = 0;
  for (int i = 0; i < width; ++i) *sums += sum[i];
}

/// Any other number of channels that stand together: channels last.
template <bool NegativeOnly>
void forward_lanes(const ChannelScaleGeometry& g, const float* factors, const float* x, float* y) {
  const std::int64_t width = g.layout.width;
  for (std::int64_t p = 0; p < g.layout.pixels(); ++p, x += width, y += width)
    for (std::int64_t lane = 0; lane < width; ++lane) y[lane] = scaled<NegativeOnly>(x[lane], x[lane], factors[lane]);
}

template <bool NegativeOnly>
void backward_lanes(const ChannelScaleGeometry& g, const float* factors, const float* x, const float* dy, float* dx, float* sums) {
  const std::int64_t width = g.layout.width;
  std::fill(sums, sums + width, 0.0F);
  for (std::int64_t p = 0; p < g.layout.pixels(); ++p, x += width, dy += width, dx += width)
    for (std::int64_t lane = 0; lane < width; ++lane) {
      sums[lane] += weight_part<NegativeOnly>(x[lane], dy[lane]);
      dx[lane] = scaled<NegativeOnly>(dy[lane], x[lane], factors[lane]);
    }
}

template <bool NegativeOnly>
auto forward_loop(std::int64_t width) {
  switch (width) {
    case 1:
      return forward_channel<NegativeOnly>;
    case 8:
      return forward_block<NegativeOnly, 8>;
    case 16:
      return forward_block<NegativeOnly, 16>;
    default:
      return forward_lanes<NegativeOnly>;
  }
}

template <bool NegativeOnly>
auto backward_loop(std::int64_t width) {
  switch (width) {
    case 1:
      return backward_channel<NegativeOnly>;
    case 8:
      return backward_block<NegativeOnly, 8>;
    case 16:
      return backward_block<NegativeOnly, 16>;
    default:
      return backward_lanes<NegativeOnly>;
  }
}

/// Adds up the planes' parts, in the order of the images: same numbers with any number of threads.
void combine(const ChannelScaleGeometry& g, const float* sums, float* dweight) {
  double of_all = 0;
  for (std::int64_t c = 0; c < g.layout.channels; ++c) {
    double sum = 0;
    for (std::int64_t n = 0; n < g.layout.images; ++n) sum += static_cast<double>(sums[n * g.layout.blocks * g.layout.width + c]);
    of_all += sum;
    if (!g.shared) dweight[c] = static_cast<float>(sum);
  }
  if (g.shared) *dweight = static_cast<float>(of_all);
}

template <bool NegativeOnly>
void forward(const ChannelScaleGeometry& g, const float* x, const float* weight, float* y) {
  const std::int64_t plane_floats = g.layout.pixels() * g.layout.width;
  const auto run = forward_loop<NegativeOnly>(g.layout.width);
#pragma omp parallel for schedule(static)
  for (std::int64_t plane = 0; plane < planes(g.layout); ++plane) {
    const Factors factors(g, weight, plane % g.layout.blocks);
    run(g, factors.begin(), x + plane * plane_floats, y + plane * plane_floats);
  }
}

template <bool NegativeOnly>
void backward(const ChannelScaleGeometry& g, const float* x, const float* dy, const float* weight, float* dx, float* sums) {
  const std::int64_t plane_floats = g.layout.pixels() * g.layout.width;
  const auto run = backward_loop<NegativeOnly>(g.layout.width);
#pragma omp parallel for schedule(static)
  for (std::int64_t plane = 0; plane < planes(g.layout); ++plane) {
    const std::int64_t at = plane * plane_floats;
    const Factors factors(g, weight, plane % g.layout.blocks);
    run(g, factors.begin(), x + at, dy + at, dx + at, sums + plane * g.layout.width);
  }
}

}  // namespace

void channel_scale_forward(const ChannelScaleGeometry& geometry, const float* x, const float* weight, float* y) {
  const ChannelScaleGeometry g = simplified(geometry);
  g.negative_only ? forward<true>(g, x, weight, y) : forward<false>(g, x, weight, y);
}

void channel_scale_backward(const ChannelScaleGeometry& geometry, const float* x, const float* dy, const float* weight, float* dx,
                            float* dweight, float* scratch) {
  const ChannelScaleGeometry g = simplified(geometry);
  g.negative_only ? backward<true>(g, x, dy, weight, dx, scratch) : backward<false>(g, x, dy, weight, dx, scratch);
  combine(g, scratch, dweight);
}

}  // namespace cnnctl::CNNCTL_ISA
