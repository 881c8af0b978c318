#include "engine/runtime/selftest.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/runtime/layout.h"

namespace cnnctl {
namespace {

// Channel counts that no block size divides: padded weights are where reorders go wrong. Sizes keep the plain loop below a tenth of a
// millisecond.
constexpr std::int64_t kIn = 24, kOut = 36, kKernel = 3, kSize = 3;

std::vector<float> pattern(std::int64_t count) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i * 7919 % 101) / 101 - 0.5F;
  return values;
}

dnnl::memory memory_of(const Desc& desc) { return {desc, cpu_engine()}; }

float* data_of(const dnnl::memory& memory) { return static_cast<float*>(memory.get_data_handle()); }

dnnl::convolution_forward::primitive_desc test_convolution() {
  const WindowDims window{{kKernel, kKernel}, {1, 1}, {0, 0}, {1, 1}, {1, 1}};
  return convolution_forward_desc(dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct, any_desc({1, kIn, kSize, kSize}),
                                  any_desc({kOut, kIn, kKernel, kKernel}), Desc(), any_desc({1, kOut, kSize, kSize}), window,
                                  dnnl::primitive_attr());
}

bool reorder_is_right(const Desc& to, const std::vector<float>& plain) {
  dnnl::memory from(plain_desc(dims_of(to)), cpu_engine(), const_cast<float*>(plain.data())), got = memory_of(to);
  dnnl::reorder(from, got).execute(cpu_stream(), from, got);
  cpu_stream().wait();
  std::vector<float> want(static_cast<std::size_t>(count_floats(to)));
  copy_from_plain(to, plain, want.data());
  return std::equal(want.begin(), want.end(), data_of(got));
}

double expected_output(const std::vector<float>& x, const std::vector<float>& w, std::int64_t o, std::int64_t h, std::int64_t v) {
  double sum = 0;
  for (std::int64_t c = 0; c < kIn; ++c)
    for (std::int64_t i = 0; i < kKernel; ++i)
      for (std::int64_t j = 0; j < kKernel; ++j) {
        const std::int64_t row = h + i - 1, column = v + j - 1;
        if (row < 0 || column < 0 || row >= kSize || column >= kSize) continue;
        sum += static_cast<double>(x[static_cast<std::size_t>((c * kSize + row) * kSize + column)]) *
               static_cast<double>(w[static_cast<std::size_t>(((o * kIn + c) * kKernel + i) * kKernel + j)]);
      }
  return sum;
}

bool convolution_is_right(const dnnl::convolution_forward::primitive_desc& desc, const std::vector<float>& x, const std::vector<float>& w) {
  const dnnl::memory src = memory_of(desc.src_desc()), weights = memory_of(desc.weights_desc()), dst = memory_of(desc.dst_desc());
  copy_from_plain(desc.src_desc(), x, data_of(src));
  copy_from_plain(desc.weights_desc(), w, data_of(weights));
  dnnl::convolution_forward(desc).execute(cpu_stream(), {{DNNL_ARG_SRC, src}, {DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_DST, dst}});
  cpu_stream().wait();
  std::vector<float> got(kOut * kSize * kSize);
  copy_to_plain(desc.dst_desc(), data_of(dst), got);
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(got.size()); ++i) {
    const double want = expected_output(x, w, i / (kSize * kSize), i / kSize % kSize, i % kSize);
    if (!(std::abs(static_cast<double>(got[static_cast<std::size_t>(i)]) - want) < 1e-4)) return false;
  }
  return true;
}

SelfTest run_tests() {
  const std::vector<float> x = pattern(kIn * kSize * kSize), w = pattern(kOut * kIn * kKernel * kKernel);
  const auto convolution = test_convolution();
  return {reorder_is_right(convolution.weights_desc(), w), convolution_is_right(convolution, x, w)};
}

}  // namespace

const SelfTest& self_test() {
  static const SelfTest result = run_tests();
  return result;
}

}  // namespace cnnctl
