#include <cstring>

#include "support.h"

namespace cnnctl {
namespace {

/// The numbers that 16-bit words of bfloat16 stand for.
std::vector<double> from_bf16(const std::vector<float>& words, std::int64_t count) {
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < count; ++i) {
    std::uint16_t half = 0;
    std::memcpy(&half, reinterpret_cast<const char*>(words.data()) + 2 * i, sizeof half);
    const std::uint32_t whole = std::uint32_t{half} << 16;
    float number = 0;
    std::memcpy(&number, &whole, sizeof number);
    numbers.push_back(static_cast<double>(number));
  }
  return numbers;
}

TEST_CASE("the gradient in front of batch norm, relu and pooling in bfloat16 is that in float, rounded") {
  if (bf16_kernels() == nullptr) return;
  constexpr std::int64_t channels = 20;
  const ChannelLayout in = layout(3, channels, 16, 9, 8);
  const auto numbers = [](unsigned seed) { return random_floats(channels, seed); };
  for (const PoolingGeometry& pooling : {PoolingGeometry{in, layout(3, channels, 16, 5, 4), 3, 3, 2, 2, 1, 1},
                                         PoolingGeometry{in, layout(3, channels, 16, 4, 4), 2, 2, 2, 2},
                                         PoolingGeometry{in, layout(3, channels, 16, 3, 3), 2, 2, 3, 3, 0, 0},
                                         PoolingGeometry{in, layout(3, channels, 16, 5, 4), 3, 2, 1, 2, 0, 1, 2, 2}}) {
    INFO(pooling.kernel_height, " by ", pooling.kernel_width);
    const NormPoolingGeometry g{pooling};
    const auto x = random_map(in, 1), dy = random_map(pooling.out, 2), scale = numbers(3), shift = numbers(4);
    std::vector<float> mean = zeros(channels), variance = mean, y = zeros(floats(pooling.out)), scratch = zeros(in.images * in.blocks * 32);
    std::vector<std::uint8_t> index(y.size());
    const NormTensors tensors{scale.data(), shift.data(), mean.data(), variance.data()};
    kernels().norm_relu_pool_forward(g, tensors, x.data(), y.data(), index.data(), scratch.data());

    const std::int64_t count = floats(in);
    const auto backward = [&](auto loops, std::vector<float>& of_numbers) {
      std::vector<float> dx = zeros(count);
      loops(g, tensors, x.data(), dy.data(), index.data(), dx.data(), of_numbers.data(), of_numbers.data() + channels, scratch.data());
      return dx;
    };
    std::vector<float> in_float = zeros(2 * channels), in_bf16 = in_float, rounded = zeros(count);
    const std::vector<float> expected = backward(kernels().norm_relu_pool_backward, in_float);
    const std::vector<float> words = backward(bf16_kernels()->norm_relu_pool_backward, in_bf16);
    bf16_kernels()->round(count, expected.data(), rounded.data());

    CHECK(relative_error(from_bf16(words, count), doubles(expected)) > 1e-4);
    CHECK(relative_error(from_bf16(words, count), from_bf16(rounded, count)) < 1e-4);
    CHECK(relative_error(doubles(in_bf16), doubles(in_float)) < 1e-6);
  }
}

}  // namespace
}  // namespace cnnctl
