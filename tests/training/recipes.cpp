#include "engine/training/ema.h"
#include "engine/training/gradients.h"
#include "engine/training/parameter_groups.h"
#include "tests/training/support.h"

namespace cnnctl {
namespace {

/// 20 updates of a weight and a bias with stored gradients, as tests/reference/make_reference.py makes them.
struct Updates {
  explicit Updates(const GroupRules& rules = {})
      : model(linear_model(2, 4)),
        optimizer(optimizer_of("sgd: {lr: 0.1, momentum: 0.9, weight_decay: 0.05}", model.trainable_values().size())),
        groups(make_groups(model, optimizer->rates(), rules)) {
    set_all(file.tensors.at("values").values, model.trainable_values());
  }

  /// A weight's and a bias's elements, one after another, into a buffer as the model has them.
  void set_all(std::span<const float> elements, std::span<float> buffer) const {
    model.from_plain(0, elements.subspan(0, 8), buffer);
    model.from_plain(1, elements.subspan(8), buffer);
  }

  /// `use` gets each of the gradients and says by what, if anything, to update.
  template <class Use>
  void run(const Use& use) {
    const std::vector<float>& gradients = file.tensors.at("gradients").values;
    for (std::size_t i = 0; i < 20; ++i) {
      std::vector<float> gradient(model.trainable_values().size());
      set_all(std::span(gradients).subspan(12 * i, 12), gradient);
      const std::span<float> used = use(gradient, i);
      if (!used.empty()) optimizer->step(model.trainable_values(), used, groups);
    }
  }

  void check(const std::string& name) const { check_near(all_parameters(model), file.tensors.at(name).values, 1e-5, 0.1); }

  SafeTensors file = reference("recipes.safetensors");
  Model model;
  std::unique_ptr<Optimizer> optimizer;
  std::vector<ParameterGroup> groups;
};

std::span<float> as_it_is(std::vector<float>& gradient, std::size_t) { return gradient; }

TEST_CASE("clipping by norm and by value is PyTorch's") {
  Updates by_norm;
  by_norm.run([](std::vector<float>& gradient, std::size_t) {
    clip_gradient_norm(gradient, 2);
    return std::span(gradient);
  });
  by_norm.check("clip_grad_norm/values");
  Updates by_value;
  by_value.run([](std::vector<float>& gradient, std::size_t) {
    clip_gradient_values(gradient, 0.5);
    return std::span(gradient);
  });
  by_value.check("clip_grad_value/values");
}

TEST_CASE("accumulated gradients update as PyTorch's do") {
  Updates updates;
  GradientSum sum;
  updates.run([&](std::vector<float>& gradient, std::size_t i) {
    sum.add(gradient, 7);
    return i % 3 == 2 || i == 19 ? sum.take_mean() : std::span<float>();
  });
  updates.check("accumulate/values");
}

TEST_CASE("groups of parameters are updated as PyTorch's param_groups are") {
  Updates plain;
  plain.run(as_it_is);
  plain.check("plain/values");
  CHECK(plain.groups.size() == 1);
  Updates no_decay({.patterns = {}, .decay_biases = false});
  no_decay.run(as_it_is);
  no_decay.check("no_decay/values");
  Updates groups({.patterns = {{"*.weight", 0.02, {}}, {"fc.*", {}, 0.5}}});
  groups.run(as_it_is);
  groups.check("groups/values");
}

TEST_CASE("the moving average is that of torchvision's class, made of PyTorch's AveragedModel") {
  Updates updates;
  Ema ema(updates.model, 0.8);
  updates.run([&](std::vector<float>& gradient, std::size_t) {
    updates.optimizer->step(updates.model.trainable_values(), gradient, updates.groups);
    ema.update();
    return std::span<float>();
  });
  updates.check("ema/values");
  ema.hold(Ema::Held::averaged);
  updates.check("ema/averages");
}

TEST_CASE("an average of what does not change stays it to the bit, and changes nothing before the first update") {
  Model model = linear_model(2, 4);
  model.set_parameter(1, std::vector<float>{0.1F, 0.7F, 1e-20F, 3e8F});
  const std::vector<float> values = all_parameters(model);
  Ema ema(model, 0.999);
  ema.hold(Ema::Held::averaged);
  CHECK(ema.held() == Ema::Held::trained);
  for (int i = 0; i < 100; ++i) ema.update();
  ema.hold(Ema::Held::averaged);
  CHECK(all_parameters(model) == values);
}

TEST_CASE("a norm's parameters and biases are spared decay, unless a pattern says otherwise; of patterns the first counts") {
  Graph graph = make_graph("net", {.channels = 8, .height = 2, .width = 2});
  graph.layers.emplace_back().name = "bn";
  std::vector<ParameterId> norm;
  for (const char* name : {"bn.weight", "bn.bias"}) norm.push_back(add_parameter(graph, {name, {8}, {}, true}));
  for (const char* name : {"bn.running_mean", "bn.running_var"}) norm.push_back(add_parameter(graph, {name, {8}, {}, false}));
  const ValueId normalized = add_node(graph, BatchNorm{}, {0}, graph.input_shape(), norm, 0);
  const ValueId flat = add_node(graph, Flatten{}, {normalized}, {.channels = 32, .flat = true}, {}, 0);
  const ParameterId weight = add_parameter(graph, {"fc.weight", {3, 32}, {}, true});
  const ParameterId bias = add_parameter(graph, {"fc.bias", {3}, {}, true});
  graph.output = add_node(graph, InnerProduct{3, true}, {flat}, {.channels = 3, .flat = true}, {weight, bias}, 0);
  const Model model(graph, {});

  const auto decays = [&](const GroupRules& rules) {
    std::vector<double> result;
    for (const char* name : {"bn.weight", "bn.bias", "fc.weight", "fc.bias"}) {
      std::size_t id = 0;
      while (graph.parameters[id].name != name) ++id;
      const ElementRange range = model.trainable_range(static_cast<ParameterId>(id));
      for (const ParameterGroup& group : make_groups(model, {.lr = 1, .weight_decay = 0.5}, rules))
        if (group.begin <= range.begin && range.end <= group.end) result.push_back(group.rates.weight_decay);
    }
    return result;
  };
  CHECK(decays({}) == std::vector<double>{0.5, 0.5, 0.5, 0.5});
  CHECK(decays({.patterns = {}, .decay_norms = false}) == std::vector<double>{0, 0, 0.5, 0.5});
  CHECK(decays({.patterns = {}, .decay_biases = false}) == std::vector<double>{0.5, 0, 0.5, 0});
  CHECK(decays({.patterns = {{"bn.*", {}, 0.1}, {"*.bias", {}, 0.2}}, .decay_norms = false, .decay_biases = false}) ==
        std::vector<double>{0.1, 0.1, 0.5, 0.2});
}

TEST_CASE("gradients that are no numbers stay so when they are clipped") {
  std::vector<float> values = {1, std::numeric_limits<float>::quiet_NaN(), 5};
  std::vector<float> copy = values;
  clip_gradient_values(values, 2);
  CHECK(values[0] == 1);
  CHECK(std::isnan(values[1]));
  CHECK(values[2] == 2);
  clip_gradient_norm(copy, 2);
  for (const float value : copy) CHECK(std::isnan(value));
}

}  // namespace
}  // namespace cnnctl
