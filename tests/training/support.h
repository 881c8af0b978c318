#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "engine/config/parse.h"
#include "engine/formats/safetensors.h"
#include "engine/runtime/model.h"
#include "engine/schema/schema.h"
#include "engine/training/batch_source.h"
#include "engine/training/losses/loss.h"
#include "engine/training/optimizers/optimizer.h"
#include "engine/training/schedules/schedule.h"

namespace cnnctl {

/// Numbers that PyTorch gave, made by tests/reference/make_reference.py.
inline SafeTensors reference(const std::string& name) {
  return read_safetensors(std::string(CNNCTL_SOURCE_DIR) + "/tests/reference/" + name);
}

/// An item of a config ("sgd: {lr: 0.1}") as selected from a table; mistakes are left in `diagnostics`.
inline std::optional<Selection> select_text(const std::string& text, const std::vector<Choice>& table, Diagnostics& diagnostics) {
  const auto source = std::make_shared<const Source>(Source{"test.yaml", text});
  return select(parse_yaml(source, diagnostics), "thing", table, diagnostics);
}

inline Selection selected(const std::string& text, const std::vector<Choice>& table) {
  Diagnostics diagnostics;
  const auto selection = select_text(text, table, diagnostics);
  throw_if_errors(diagnostics);
  return selection.value();
}

/// The messages of all mistakes in `text`, a line each with its hint.
inline std::string mistakes(const std::string& text, const std::vector<Choice>& table) {
  Diagnostics diagnostics;
  select_text(text, table, diagnostics);
  std::string result;
  for (const Diagnostic& diagnostic : diagnostics.sorted()) result += diagnostic.message + " | " + diagnostic.hint + "\n";
  return result;
}

inline std::unique_ptr<Optimizer> optimizer_of(const std::string& text, std::size_t count) {
  return make_optimizer(selected(text, optimizer_choices()), count);
}

/// One update of all elements with the optimizer's own rates, but for the learning rate.
inline void step(Optimizer& optimizer, std::span<float> values, std::span<const float> gradients, double lr) {
  ParameterGroup all{0, values.size(), optimizer.rates()};
  all.rates.lr = lr;
  optimizer.step(values, gradients, std::span(&all, 1));
}
inline std::unique_ptr<Schedule> schedule_of(const std::string& text, const RunLength& run, Optimizer& optimizer) {
  return make_schedule(selected(text, schedule_choices()), run, optimizer);
}
inline Loss cross_entropy_loss(int classes, const std::string& item = "cross_entropy") {
  return make_loss(selected(item, loss_choices()), classes);
}

/// Holds every number to `tolerance`, relative to the larger of the two or, where both are small, to `scale`.
inline void check_near(std::span<const float> actual, std::span<const float> expected, double tolerance, double scale = 1e-3) {
  REQUIRE(actual.size() == expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    CAPTURE(i);
    const double size = std::max({std::abs(double{actual[i]}), std::abs(double{expected[i]}), scale});
    CHECK(std::abs(double{actual[i]} - double{expected[i]}) <= tolerance * size);
  }
}

/// A network of one linear layer called fc, on vectors.
inline Graph linear_network(std::int64_t features, std::int64_t classes) {
  Graph graph = make_graph("linear", {.channels = features, .flat = true});
  graph.layers.emplace_back().name = "fc";
  const Initializer uniform{Initializer::Kind::uniform, 1 / std::sqrt(static_cast<double>(features))};
  const ParameterId weight = add_parameter(graph, {"fc.weight", {classes, features}, uniform});
  const ParameterId bias = add_parameter(graph, {"fc.bias", {classes}, uniform});
  graph.output = add_node(graph, InnerProduct{classes, true}, {0}, {.channels = classes, .flat = true}, {weight, bias}, 0);
  return graph;
}

inline Model linear_model(std::int64_t features, std::int64_t classes, std::int64_t batch_size = 4) {
  return Model(linear_network(features, classes), {.batch_size = batch_size});
}

/// Every parameter, one after another, in PyTorch's order of elements.
inline std::vector<float> all_parameters(const Model& model) {
  std::vector<float> values;
  for (std::size_t id = 0; id < model.graph().parameters.size(); ++id) {
    const auto own = model.parameter(static_cast<ParameterId>(id));
    values.insert(values.end(), own.begin(), own.end());
  }
  return values;
}

/// All parameters under their names.
inline SafeTensors save_weights(const Model& model) {
  SafeTensors file;
  const auto& parameters = model.graph().parameters;
  for (std::size_t id = 0; id < parameters.size(); ++id)
    file.tensors[parameters[id].name] = {parameters[id].dims, model.parameter(static_cast<ParameterId>(id))};
  return file;
}

/// Vectors of which class `label` is larger at element `label`; every epoch has an order of its own. Remembers what was asked.
class TestSource final : public BatchSource {
 public:
  TestSource(std::int64_t size, std::int64_t features, int classes) : size_(size), features_(features), classes_(classes) {}

  std::int64_t size() const override { return size_; }
  Shape image_shape() const override { return {.channels = features_, .flat = true}; }
  int classes() const override { return classes_; }
  std::vector<std::string> class_names() const override { return std::vector<std::string>(static_cast<std::size_t>(classes_), "a"); }

  void seek(std::int64_t epoch, std::int64_t position) override {
    epoch_ = epoch;
    position_ = position;
  }

  void next(std::span<float> images, std::span<std::int32_t> labels) override {
    REQUIRE(images.size() == labels.size() * static_cast<std::size_t>(features_));
    REQUIRE(position_ + std::ssize(labels) <= size_);
    for (std::int32_t& label : labels) {
      const std::int64_t index = (position_++ + 3 * epoch_) % size_;
      label = static_cast<std::int32_t>(index % classes_);
      for (std::int64_t i = 0; i < features_; ++i)
        images[static_cast<std::size_t>(i)] =
            static_cast<float>(std::sin(static_cast<double>(index * features_ + i))) + (i == label ? 1.5F : 0.0F);
      images = images.subspan(static_cast<std::size_t>(features_));
      seen.push_back(index);
    }
    batches.push_back(std::ssize(labels));
  }

  std::vector<std::int64_t> seen;     // the indices of all images given so far
  std::vector<std::int64_t> batches;  // the sizes of all batches given so far

 private:
  std::int64_t size_;
  std::int64_t features_;
  int classes_;
  std::int64_t epoch_ = 0;
  std::int64_t position_ = 0;
};

}  // namespace cnnctl
