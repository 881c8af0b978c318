#include <omp.h>

#include <cmath>

#include "engine/runtime/kernels/channel_blocks.h"
#include "engine/runtime/kernels/declarations.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

/// One thread's rows: a pixel's channels one after another, with zeros on both sides for the windows that reach beyond them.
struct Rows {
  float* squares;
  float* powers;
  float* parts;

  Rows(const LocalResponseGeometry& g, float* scratch) {
    const std::int64_t length = local_response_scratch(g) / 3;
    squares = scratch;
    powers = squares + length;
    parts = powers + length;
    std::fill(scratch, scratch + 3 * length, 0.0F);
  }
};

/// v^-beta. The papers' 0.75 is two square roots; the general power takes ten times as long.
template <int Width>
typename Vectors<Width>::Floats inverse_power(const typename Vectors<Width>::Floats& v, float beta) {
  float lanes[Width];
  Vectors<Width>::store(lanes, v);
  if (beta == 0.75F) {
    for (float& lane : lanes) {
      const float root = 1 / std::sqrt(lane);
      lane = root * std::sqrt(root);
    }
  } else {
    for (float& lane : lanes) lane = std::pow(lane, -beta);
  }
  return Vectors<Width>::load(lanes);
}

/// The sum over a window of channels, for each channel of a block. `row` starts at the first channel's window.
template <int Width>
typename Vectors<Width>::Floats window_sum(const LocalResponseGeometry& g, const float* row) {
  typename Vectors<Width>::Floats sum{};
  for (std::int64_t tap = 0; tap <= g.before + g.after; ++tap) sum += Vectors<Width>::load(row + tap);
  return sum;
}

template <int Width>
typename Vectors<Width>::Floats denominator(const LocalResponseGeometry& g, const Rows& rows, std::int64_t block) {
  return g.k + g.share * window_sum<Width>(g, rows.squares + block * Width);
}

template <int Width>
void load_squares(const LocalResponseGeometry& g, const float* x, const Rows& rows) {
  using V = Vectors<Width>;
  for (std::int64_t b = 0; b < g.layout.blocks; ++b) {
    const auto v = V::load(x + b * g.layout.pixels() * Width);
    V::store(rows.squares + g.before + b * Width, v * v);
  }
}

template <int Width>
void forward_pixel(const LocalResponseGeometry& g, const float* x, float* y, const Rows& rows) {
  using V = Vectors<Width>;
  load_squares<Width>(g, x, rows);
  for (std::int64_t b = 0; b < g.layout.blocks; ++b) {
    const std::int64_t at = b * g.layout.pixels() * Width;
    V::store(y + at, V::load(x + at) * inverse_power<Width>(denominator<Width>(g, rows, b), g.beta));
  }
}

/// With s the denominator before its power: dx = dy s^-beta - 2 beta share x * the sum of dy x s^(-beta - 1) over the channels in whose
/// window this one is.
template <int Width>
void backward_pixel(const LocalResponseGeometry& g, const float* x, const float* dy, float* dx, const Rows& rows) {
  using V = Vectors<Width>;
  load_squares<Width>(g, x, rows);
  const std::int64_t plane = g.layout.pixels() * Width;
  for (std::int64_t b = 0; b < g.layout.blocks; ++b) {
    const auto scale = denominator<Width>(g, rows, b);
    const auto power = inverse_power<Width>(scale, g.beta);
    V::store(rows.powers + b * Width, power);
    V::store(rows.parts + g.after + b * Width, V::load(dy + b * plane) * V::load(x + b * plane) * power / scale);
  }
  for (std::int64_t b = 0; b < g.layout.blocks; ++b) {
    const auto sum = window_sum<Width>(g, rows.parts + b * Width);
    const auto direct = V::load(dy + b * plane) * V::load(rows.powers + b * Width);
    V::store(dx + b * plane, direct - 2 * g.beta * g.share * V::load(x + b * plane) * sum);
  }
}

/// Calls run(element of a pixel in the first block, rows) for every pixel of the batch.
template <class Run>
void each_pixel(const LocalResponseGeometry& g, float* scratch, Run run) {
  const ChannelLayout& l = g.layout;
#pragma omp parallel num_threads(g.threads)
  {
    const Rows rows(g, scratch + omp_get_thread_num() * local_response_scratch(g));
#pragma omp for schedule(static)
    for (std::int64_t i = 0; i < l.images * l.pixels(); ++i) run((i / l.pixels() * l.blocks * l.pixels() + i % l.pixels()) * l.width, rows);
  }
}

}  // namespace

void local_response_forward(const LocalResponseGeometry& geometry, const float* x, float* y, float* scratch) {
  const auto forward = geometry.layout.width == 16 ? forward_pixel<16> : forward_pixel<8>;
  each_pixel(geometry, scratch, [&](std::int64_t at, const Rows& rows) { forward(geometry, x + at, y + at, rows); });
}

void local_response_backward(const LocalResponseGeometry& geometry, const float* x, const float* dy, float* dx, float* scratch) {
  const auto backward = geometry.layout.width == 16 ? backward_pixel<16> : backward_pixel<8>;
  each_pixel(geometry, scratch, [&](std::int64_t at, const Rows& rows) { backward(geometry, x + at, dy + at, dx + at, rows); });
}

}  // namespace cnnctl::CNNCTL_ISA
