#include "support.h"

namespace cnnctl {
namespace {

using Function = EltwiseLoop::Function;

/// The numbers of a batch norm, and their gradients.
struct Norm {
  std::vector<float> scale, shift, mean, variance, dscale, dshift;

  Norm(std::int64_t channels, unsigned seed)
      : scale(random_floats(static_cast<std::size_t>(channels), seed, 0.5F, 2)),
        shift(random_floats(static_cast<std::size_t>(channels), seed + 1)),
        mean(zeros(channels)),
        variance(mean),
        dscale(mean),
        dshift(mean) {}
  NormTensors tensors() { return {scale.data(), shift.data(), mean.data(), variance.data()}; }
  NormGradients gradients() { return {dscale.data(), dshift.data()}; }
};

/// What forward and backward give.
struct Results {
  std::vector<float> y, dx, dw;
  Norm before, behind;

  std::vector<float> all() const {
    std::vector<float> values;
    for (const auto* part : {&y, &dx, &dw, &before.mean, &before.variance, &before.dscale, &before.dshift, &behind.mean, &behind.variance,
                             &behind.dscale, &behind.dshift})
      values.insert(values.end(), part->begin(), part->end());
    return values;
  }
};

struct Inputs {
  std::vector<float> x, w, dy;

  explicit Inputs(const DepthwiseGeometry& g)
      : x(random_map(g.in, 1)),
        w(random_map({1, g.in.channels, g.in.blocks, g.in.width, g.kernel, g.kernel}, 2)),
        dy(random_map(g.out, 3)) {}
};

Results results_of(const DepthwiseGeometry& g, const Inputs& in) {
  return {
      zeros(floats(g.out)), zeros(floats(g.in)), zeros(static_cast<std::int64_t>(in.w.size())), {g.in.channels, 10}, {g.in.channels, 20}};
}

Results joined(const KernelTable& table, const NormDepthwiseGeometry& g, bool in_place) {
  const Inputs in(g.convolution);
  Results r = results_of(g.convolution, in);
  std::vector<float> middle = r.y, dy = in.dy, scratch = zeros(norm_depthwise_scratch(g));
  const NormDepthwiseTensors tensors{in.x.data(), in.w.data(), middle.data(), g.before ? r.before.tensors() : NormTensors{},
                                     r.behind.tensors()};
  table.norm_depthwise_forward(g, tensors, r.y.data(), scratch.data());
  std::vector<float>& dx = in_place ? dy : r.dx;
  table.norm_depthwise_backward(g, tensors, dy.data(), {dx.data(), r.dw.data(), r.before.gradients(), r.behind.gradients()},
                                scratch.data());
  r.dx = dx;
  return r;
}

/// The same by the loops of the parts.
Results apart(const KernelTable& table, const NormDepthwiseGeometry& g) {
  const DepthwiseGeometry& c = g.convolution;
  const Inputs in(c);
  Results r = results_of(c, in);
  std::vector<float> normed = in.x, middle = r.y, dmiddle = r.y, dnormed = r.dx, moments = zeros(norm_depthwise_sums(g)),
                     parts = zeros(depthwise_parts(c)), forward = zeros(depthwise_forward_scratch(c) * c.threads),
                     backward = zeros(depthwise_backward_scratch(c) * c.threads);
  const auto before = r.before.tensors(), behind = r.behind.tensors();
  if (g.before) table.norm_training_forward(*g.before, before, in.x.data(), nullptr, nullptr, normed.data(), moments.data());
  table.depthwise_forward(c, std::nullopt, normed.data(), in.w.data(), nullptr, middle.data(), forward.data());
  table.norm_training_forward(g.behind, behind, middle.data(), nullptr, nullptr, r.y.data(), moments.data());
  table.norm_training_backward(g.behind, behind, middle.data(), {.dy = in.dy.data()}, r.behind.dscale.data(), r.behind.dshift.data(),
                               dmiddle.data(), moments.data());
  table.depthwise_backward(c, normed.data(), dmiddle.data(), in.w.data(), {.data = dnormed.data(), .weights = r.dw.data()}, parts.data(),
                           backward.data());
  if (g.before)
    table.norm_training_backward(*g.before, before, in.x.data(), {.dy = dnormed.data()}, r.before.dscale.data(), r.before.dshift.data(),
                                 r.dx.data(), moments.data());
  else
    r.dx = dnormed;
  return r;
}

struct Case {
  std::int64_t kernel, stride, padding, height, width, out_height, out_width;
};

// Of many small planes, and of planes of which a few fill a group.
const std::vector<Case> cases{{3, 1, 1, 9, 14, 9, 14}, {3, 2, 1, 9, 11, 5, 6}, {5, 1, 2, 7, 5, 7, 5},      {5, 2, 2, 11, 15, 6, 8},
                              {7, 1, 3, 8, 9, 8, 9},   {7, 2, 3, 6, 5, 3, 3},  {3, 1, 1, 75, 100, 75, 100}};

TEST_CASE("a depthwise convolution whose front norm is given its planes' moments is the same") {
  const DepthwiseGeometry c{layout(2, 24, 8, 9, 10), layout(2, 24, 8, 9, 10), 3, 1, 1, 1, 2};
  const NormDepthwiseGeometry g{c, NormGeometry{c.in}, {c.out}};
  const Inputs in(c);
  for (const KernelTable* table : runnable_kernels()) {
    INFO(table->name);
    const auto forward = [&](const float* moments) {
      Results r = results_of(c, in);
      std::vector<float> middle = r.y, scratch = zeros(norm_depthwise_scratch(g));
      const NormDepthwiseTensors tensors{in.x.data(), in.w.data(), middle.data(), r.before.tensors(), r.behind.tensors(), moments};
      table->norm_depthwise_forward(g, tensors, r.y.data(), scratch.data());
      return r.all();
    };
    std::vector<float> moments = zeros(norm_depthwise_sums(g));
    table->plane_moments(c.in, in.x.data(), moments.data());
    CHECK(forward(moments.data()) == forward(nullptr));
  }
}

TEST_CASE("a depthwise convolution joined to the norms around it gives what its parts give, for every kernel, block and instruction set") {
  constexpr std::int64_t images = 3, channels = 21;
  for (const Case& c : cases)
    for (const std::int64_t block : {8, 16})
      for (const bool before : {true, false}) {
        const Function function = block == 8 ? Function::relu6 : Function::hardsigmoid;
        INFO("kernel " << c.kernel << ", stride " << c.stride << ", blocks of " << block << ", norm in front " << before);
        const DepthwiseGeometry convolution{layout(images, channels, block, c.height, c.width),
                                            layout(images, channels, block, c.out_height, c.out_width),
                                            c.kernel,
                                            c.stride,
                                            c.padding,
                                            c.padding,
                                            2};
        const auto norm = [&](const ChannelLayout& map) { return NormGeometry{map, 1e-5F, EltwiseLoop{.function = function}}; };
        const NormDepthwiseGeometry geometry{convolution, before ? std::optional(norm(convolution.in)) : std::nullopt,
                                             norm(convolution.out)};
        for (const KernelTable* table : runnable_kernels()) {
          INFO(table->name);
          const std::vector<double> expected = doubles(apart(*table, geometry).all());
          CHECK(relative_error(doubles(joined(*table, geometry, false).all()), expected) < 1e-6);
          if (c.stride == 1) CHECK(relative_error(doubles(joined(*table, geometry, true).all()), expected) < 1e-6);
        }
      }
}

}  // namespace
}  // namespace cnnctl
