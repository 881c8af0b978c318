#include <algorithm>

#include "engine/runtime/kernels/declarations.h"
#include "engine/runtime/kernels/vectors.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

/// Calls use(f), f being the function of two floats or two vectors.
template <class Use>
void with_function(const Combination& what, Use use) {
  const auto relu = [](auto v) { return maximum(decltype(v){}, v); };
  if (what.multiply && what.relu) return use([=](auto a, auto b) { return relu(a * b); });
  if (what.multiply) return use([](auto a, auto b) { return a * b; });
  if (what.relu) return use([=](auto a, auto b) { return relu(a + b); });
  use([](auto a, auto b) { return a + b; });
}

template <class Function>
void combine_all(std::int64_t count, const float* a, const float* b, float* y, Function function) {
  using V = Vectors<CNNCTL_ISA_WIDTH>;
  constexpr std::int64_t chunk = 4096;
#pragma omp parallel for schedule(static)
  for (std::int64_t begin = 0; begin < count; begin += chunk) {
    const std::int64_t end = std::min(count, begin + chunk);
    std::int64_t i = begin;
    for (; i + CNNCTL_ISA_WIDTH <= end; i += CNNCTL_ISA_WIDTH) V::store(y + i, function(V::load(a + i), V::load(b + i)));
    for (; i < end; ++i) y[i] = function(a[i], b[i]);
  }
}

/// y = function(x, s) for the pixels of one plane, channels in blocks that are vectors.
template <int Width, class Function>
void broadcast_plane(const ChannelLayout& layout, const float* x, const float* s, float* y, Function function) {
  using V = Vectors<Width>;
  const auto numbers = V::load(s);
  for (std::int64_t p = 0; p < layout.pixels(); ++p) V::store(y + p * Width, function(V::load(x + p * Width), numbers));
}

/// The same for any width, channel by channel.
template <class Function>
void broadcast_any_plane(const ChannelLayout& layout, const float* x, const float* s, float* y, Function function) {
  for (std::int64_t c = 0; c < layout.width; ++c) {
    const float number = s[c];
    for (std::int64_t p = 0; p < layout.pixels(); ++p) y[p * layout.width + c] = function(x[p * layout.width + c], number);
  }
}

template <class Function>
void broadcast_planes(const ChannelLayout& layout, const float* x, const float* s, float* y, Function function) {
  const std::int64_t plane = layout.pixels() * layout.width;
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < layout.images * layout.blocks; ++i) {
    const float *from = x + i * plane, *numbers = s + i * layout.width;
    float* to = y + i * plane;
    if (layout.width == 16)
      broadcast_plane<16>(layout, from, numbers, to, function);
    else if (layout.width == 8)
      broadcast_plane<8>(layout, from, numbers, to, function);
    else
      broadcast_any_plane(layout, from, numbers, to, function);
  }
}

/// Sums of term(place, ...) over the pixels of one plane. Every row is summed by itself, so that rounding grows with the sides, not with
/// the area.
template <class Sum, class Term>
Sum sum_rows(const ChannelLayout& layout, Term term) {
  Sum sum{};
  for (std::int64_t h = 0; h < layout.height_pixels; ++h) {
    Sum row{};
    for (std::int64_t w = 0; w < layout.width_pixels; ++w) row += term((h * layout.width_pixels + w) * layout.width);
    sum += row;
  }
  return sum;
}

template <int Width>
void sum_plane(const ChannelLayout& layout, const float* a, const float* b, float* sums) {
  using V = Vectors<Width>;
  using Floats = typename V::Floats;
  V::store(sums, b ? sum_rows<Floats>(layout, [=](std::int64_t at) { return V::load(a + at) * V::load(b + at); })
                   : sum_rows<Floats>(layout, [=](std::int64_t at) { return V::load(a + at); }));
}

void sum_any_plane(const ChannelLayout& layout, const float* a, const float* b, float* sums) {
  for (std::int64_t c = 0; c < layout.width; ++c)
    sums[c] = b ? sum_rows<float>(layout, [=](std::int64_t at) { return a[at + c] * b[at + c]; })
                : sum_rows<float>(layout, [=](std::int64_t at) { return a[at + c]; });
}

}  // namespace

void combine(const Combination& what, std::int64_t count, const float* a, const float* b, float* y) {
  with_function(what, [&](auto function) { combine_all(count, a, b, y, function); });
}

void broadcast(const Combination& what, const ChannelLayout& layout, const float* x, const float* s, float* y) {
  with_function(what, [&](auto function) { broadcast_planes(layout, x, s, y, function); });
}

void sum_pixels(const ChannelLayout& layout, const float* a, const float* b, float* sums) {
  const std::int64_t plane = layout.pixels() * layout.width;
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < layout.images * layout.blocks; ++i) {
    const float *first = a + i * plane, *second = b ? b + i * plane : nullptr;
    float* to = sums + i * layout.width;
    if (layout.width == 16)
      sum_plane<16>(layout, first, second, to);
    else if (layout.width == 8)
      sum_plane<8>(layout, first, second, to);
    else
      sum_any_plane(layout, first, second, to);
  }
}

}  // namespace cnnctl::CNNCTL_ISA
