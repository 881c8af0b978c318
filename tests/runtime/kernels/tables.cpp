#include "support.h"

#include <doctest/doctest.h>

namespace cnnctl {
namespace {

TEST_CASE("there is a table for every machine, and the fastest is one that it can run") {
  CHECK(runnable_kernels().front()->name == std::string("baseline"));
  CHECK(&kernels() == runnable_kernels().back());
}

TEST_CASE("max pooling is the same in every instruction set and block width") {
  for (const std::int64_t width : {8, 16}) {
    const PoolingGeometry g{layout(2, 16, width, 7, 6), layout(2, 16, width, 4, 3), 3, 2, 2, 2, 1, 0, 1, 1};
    const auto x = random_floats(static_cast<std::size_t>(floats(g.in)), 1), dy = random_floats(static_cast<std::size_t>(floats(g.out)), 2);
    check_all_tables([&](const KernelTable& table) {
      std::vector<float> y = zeros(floats(g.out)), dx = zeros(floats(g.in));
      std::vector<std::uint8_t> index(y.size());
      table.max_pool_forward(g, x.data(), y.data(), index.data());
      table.max_pool_backward(g, dy.data(), index.data(), dx.data());
      y.insert(y.end(), dx.begin(), dx.end());
      return y;
    });
  }
}

TEST_CASE("batch norm with relu and pooling is the same in every instruction set and block width") {
  for (const std::int64_t width : {8, 16}) {
    const NormPoolingGeometry g{{layout(3, 20, width, 7, 6), layout(3, 20, width, 3, 3), 2, 2, 2, 2, 0, 0, 1, 1}, 1e-5F};
    const ChannelLayout& in = g.pooling.in;
    const auto x = random_floats(static_cast<std::size_t>(floats(in)), 1),
               dy = random_floats(static_cast<std::size_t>(floats(g.pooling.out)), 2);
    const auto scale = random_floats(20, 3), shift = random_floats(20, 4);
    check_all_tables([&](const KernelTable& table) {
      std::vector<float> y = zeros(floats(g.pooling.out)), dx = zeros(floats(in)), mean = zeros(20), variance = zeros(20),
                         dscale = zeros(20), dshift = zeros(20);
      std::vector<float> scratch = zeros(in.images * in.blocks * in.width * 2);
      std::vector<std::uint8_t> index(y.size());
      const NormTensors tensors{scale.data(), shift.data(), mean.data(), variance.data()};
      table.norm_relu_pool_forward(g, tensors, x.data(), y.data(), index.data(), scratch.data());
      table.norm_relu_pool_backward(g, tensors, x.data(), dy.data(), index.data(), dx.data(), dscale.data(), dshift.data(), scratch.data());
      for (const auto& part : {dx, mean, variance, dscale, dshift}) y.insert(y.end(), part.begin(), part.end());
      return y;
    });
  }
}

TEST_CASE("a first layer's weight gradient is the same in every instruction set and block width") {
  for (const std::int64_t width : {8, 16})
    for (const std::int64_t kernel : {1, 3, 5, 7}) {
      const std::int64_t padding = kernel / 2;
      const FewChannelGeometry g{
          layout(2, 3, 1, 8, 9), layout(2, 40, width, 8, 9), kernel, kernel, 1, 1, padding, padding, padding, padding, 2};
      const auto x = random_floats(static_cast<std::size_t>(floats(g.in)), 1),
                 dy = random_floats(static_cast<std::size_t>(floats(g.out)), 2);
      check_all_tables([&](const KernelTable& table) {
        std::vector<float> dw = zeros(40 * 3 * kernel * kernel), db = zeros(40);
        std::vector<float> scratch = zeros(few_channel_scratch(g) * g.threads);
        table.few_channel_weights(g, x.data(), dy.data(), dw.data(), db.data(), scratch.data());
        dw.insert(dw.end(), db.begin(), db.end());
        return dw;
      });
    }
}

TEST_CASE("activations are the same in every instruction set, with any number of elements left over") {
  using Function = EltwiseLoop::Function;
  for (const Function function : {Function::relu, Function::leaky_relu, Function::relu6, Function::hardsigmoid, Function::hardswish,
                                  Function::silu, Function::mish, Function::softplus})
    for (const std::int64_t count : {1, 21, 4096, 4100}) {
      const auto x = random_floats(static_cast<std::size_t>(count), 1, -9, 9), dy = random_floats(static_cast<std::size_t>(count), 2);
      const EltwiseLoop loop{function, 0.7F, 3, 0.2F};
      check_all_tables([&](const KernelTable& table) {
        std::vector<float> y = x, dx = dy;
        table.eltwise_forward(loop, y.data(), y.data(), count);
        table.eltwise_backward(loop, x.data(), dx.data(), dx.data(), count);
        y.insert(y.end(), dx.begin(), dx.end());
        return y;
      });
    }
}

TEST_CASE("factors of channels are the same in every instruction set and layout") {
  for (const std::int64_t width : {1, 8, 16, 70})
    for (const bool shared : {false, true})
      for (const bool negative_only : {false, true}) {
        const std::int64_t channels = width == 70 ? 70 : 20;
        const ChannelScaleGeometry g{layout(2, channels, width, 3, 5), shared, negative_only};
        const auto x = random_floats(static_cast<std::size_t>(floats(g.layout)), 1),
                   dy = random_floats(static_cast<std::size_t>(floats(g.layout)), 2),
                   weight = random_floats(shared ? 1 : static_cast<std::size_t>(channels), 3);
        check_all_tables([&](const KernelTable& table) {
          std::vector<float> y = x, dx = dy, dweight = zeros(shared ? 1 : channels), scratch = zeros(floats(g.layout));
          table.channel_scale_forward(g, y.data(), weight.data(), y.data());
          table.channel_scale_backward(g, x.data(), dx.data(), weight.data(), dx.data(), dweight.data(), scratch.data());
          for (const auto& part : {dx, dweight}) y.insert(y.end(), part.begin(), part.end());
          return y;
        });
      }
}

TEST_CASE("maxout and drop_path are the same in every instruction set") {
  const auto x = random_floats(3 * 4 * 35, 1), dy = random_floats(3 * 35, 2);
  check_all_tables([&](const KernelTable& table) {
    std::vector<float> y = zeros(3 * 35), dx = zeros(3 * 4 * 35), dropped = x;
    table.maxout_forward(3, 4, 35, x.data(), y.data());
    table.maxout_backward(3, 4, 35, x.data(), dy.data(), dx.data());
    table.drop_path(x.data(), dropped.data(), 12, 35, 0.4F, 99);
    for (const auto& part : {dx, dropped}) y.insert(y.end(), part.begin(), part.end());
    return y;
  });
}

TEST_CASE("dropout is the same in every instruction set") {
  const auto x = random_floats(1120, 1);
  check_all_tables([&](const KernelTable& table) {
    std::vector<float> y = x;
    table.dropout(x.data(), y.data(), static_cast<std::int64_t>(x.size()), 0.4F, 99);
    return y;
  });
}

TEST_CASE("sums and products are the same in every instruction set, whatever their length and layout") {
  for (const bool multiply : {false, true})
    for (const bool relu : {false, true}) {
      const Combination what{multiply, relu};
      const auto a = random_floats(9001, 1), b = random_floats(9001, 2);
      check_all_tables([&](const KernelTable& table) {
        std::vector<float> y = a;
        table.combine(what, 9001, y.data(), b.data(), y.data());
        return y;
      });
      for (const std::int64_t width : {1, 8, 16, 24}) {
        const ChannelLayout map = layout(2, 24, width, 7, 5);
        const auto x = random_floats(static_cast<std::size_t>(floats(map)), 3);
        check_all_tables([&](const KernelTable& table) {
          std::vector<float> y = x, sums = zeros(map.images * map.blocks * width);
          table.broadcast(what, map, y.data(), b.data(), y.data());
          table.sum_pixels(map, x.data(), relu ? y.data() : nullptr, sums.data());
          y.insert(y.end(), sums.begin(), sums.end());
          return y;
        });
      }
    }
}

TEST_CASE("channels are copied and added between all layouts, the padding is cleared, and what was not named stays") {
  // Large enough for several parts of an image.
  constexpr std::int64_t height = 18, columns = 17, pixels = height * columns;
  const auto at = [](const ChannelLayout& l, std::int64_t n, std::int64_t c, std::int64_t p) {
    return static_cast<std::size_t>(((n * l.blocks + c / l.width) * pixels + p) * l.width + c % l.width);
  };
  for (const std::int64_t from_width : {1, 8, 16, 21})
    for (const std::int64_t to_width : {1, 8, 16, 40})
      for (const bool add : {false, true}) {
        const ChannelCopy g{layout(2, 21, from_width, height, columns), layout(2, 40, to_width, height, columns), 2, 21, 19};
        const auto x = random_floats(static_cast<std::size_t>(floats(g.from)), 1),
                   before = random_floats(static_cast<std::size_t>(floats(g.to)), 2);
        std::vector<float> expected = before;
        for (std::int64_t n = 0; n < 2; ++n)
          for (std::int64_t p = 0; p < pixels; ++p) {
            for (std::int64_t c = 0; c < 19; ++c)
              expected[at(g.to, n, 21 + c, p)] = (add ? before[at(g.to, n, 21 + c, p)] : 0) + x[at(g.from, n, 2 + c, p)];
            for (std::int64_t c = 40; !add && c < g.to.blocks * to_width; ++c) expected[at(g.to, n, c, p)] = 0;
          }
        for (const KernelTable* table : runnable_kernels()) {
          INFO(table->name << ", from width " << from_width << " to " << to_width << (add ? ", added" : ""));
          std::vector<float> y = before;
          table->copy_channels(g, add, x.data(), y.data());
          CHECK(y == expected);
        }
      }
}

TEST_CASE("pooling over windows that differ is the same in every instruction set and block width") {
  for (const std::int64_t width : {8, 16}) {
    const SpanPoolingGeometry g{
        layout(2, 16, width, 7, 5), layout(2, 16, width, 3, 2), {{0, 3, 0.3F}, {2, 5, 0.5F}, {4, 7, 1}}, {{0, 3, 0.5F}, {2, 5, 1}}};
    const auto x = random_floats(static_cast<std::size_t>(floats(g.in)), 1), dy = random_floats(static_cast<std::size_t>(floats(g.out)), 2);
    check_all_tables([&](const KernelTable& table) {
      std::vector<float> y = zeros(floats(g.out)), dx = zeros(floats(g.in)), best = y, dbest = dx;
      std::vector<std::int32_t> pixel(y.size());
      table.average_pool_forward(g, x.data(), y.data());
      table.average_pool_backward(g, dy.data(), dx.data());
      table.span_max_pool_forward(g, x.data(), best.data(), pixel.data());
      table.span_max_pool_backward(g, dy.data(), pixel.data(), dbest.data());
      for (const auto& part : {dx, best, dbest}) y.insert(y.end(), part.begin(), part.end());
      return y;
    });
  }
}

TEST_CASE("layer_norm and group_norm are the same in every instruction set and block width") {
  for (const std::int64_t width : {8, 16}) {
    const ChannelLayout l = layout(2, 21, width, 5, 8);
    const GroupNormGeometry g{l, 3, 1e-5F};
    const auto x = random_map(l, 1), dy = random_map(l, 2), weight = random_floats(21, 3), bias = random_floats(21, 4);
    const AffineTensors affine{weight.data(), bias.data()};
    check_all_tables([&](const KernelTable& table) {
      std::vector<float> y = zeros(floats(l)), dx = y, dweight = zeros(21), dbias = dweight, all;
      std::vector<float> statistics = zeros(2 * floats(l)), scratch = zeros(2 * floats(l) + layer_norm_scratch(l) * 2);
      const auto collect = [&] {
        for (const auto& part : {y, dx, dweight, dbias}) all.insert(all.end(), part.begin(), part.end());
      };
      table.layer_norm_forward(l, 1e-5F, affine, x.data(), y.data(), statistics.data());
      table.layer_norm_backward(l, 2, weight.data(), x.data(), dy.data(), statistics.data(), {dweight.data(), dbias.data()}, dx.data(),
                                scratch.data());
      collect();
      table.group_norm_forward(g, affine, x.data(), y.data(), statistics.data());
      table.group_norm_backward(g, weight.data(), x.data(), dy.data(), statistics.data(), {dweight.data(), dbias.data()}, dx.data(),
                                scratch.data());
      collect();
      return all;
    });
  }
}

TEST_CASE("local response normalization is the same in every instruction set and block width") {
  for (const std::int64_t width : {8, 16}) {
    const LocalResponseGeometry g{layout(2, 21, width, 3, 4), 2, 2, 0.3F, 0.75F, 1, 2};
    const auto x = random_map(g.layout, 1), dy = random_map(g.layout, 2);
    check_all_tables([&](const KernelTable& table) {
      std::vector<float> y = zeros(floats(g.layout)), dx = y, scratch = zeros(local_response_scratch(g) * g.threads);
      table.local_response_forward(g, x.data(), y.data(), scratch.data());
      table.local_response_backward(g, x.data(), dy.data(), dx.data(), scratch.data());
      y.insert(y.end(), dx.begin(), dx.end());
      return y;
    });
  }
}

TEST_CASE("padding and gathering channels are the same in every instruction set and block width") {
  for (const std::int64_t width : {8, 16}) {
    const PadGeometry pad{layout(2, 21, width, 2, 3), layout(2, 21, width, 4, 4), {-1, 0, 1, 1}, {0, 1, 2, -1}, 0.5F};
    GatherGeometry gather{pad.in, layout(2, 40, width, 2, 3), {}};
    for (std::int64_t c = 0; c < gather.out.blocks * width; ++c) gather.source.push_back(c < 40 ? c * 8 % 21 : -1);
    const auto x = random_map(pad.in, 1), dy = random_map(pad.out, 2);
    check_all_tables([&](const KernelTable& table) {
      std::vector<float> y = zeros(floats(pad.out)), dx = zeros(floats(pad.in)), gathered = zeros(floats(gather.out));
      table.pad_forward(pad, x.data(), y.data());
      table.pad_backward(pad, dy.data(), dx.data());
      table.gather_channels(gather, x.data(), gathered.data());
      for (const auto& part : {dx, gathered}) y.insert(y.end(), part.begin(), part.end());
      return y;
    });
  }
}

}  // namespace
}  // namespace cnnctl
