#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "check.h"
#include "engine/formats/safetensors.h"

namespace cnnctl {
namespace {

/// PyTorch's numbers for one layer each, made by tests/reference/make_reference.py.
const SafeTensors& reference() {
  static const SafeTensors file = read_safetensors(std::string(CNNCTL_SOURCE_DIR) + "/tests/reference/layers.safetensors");
  return file;
}

std::vector<double> doubles(std::span<const float> values) { return {values.begin(), values.end()}; }

/// One case of the file: a layer by itself.
class Case {
 public:
  Case(const std::string& name, const std::string& item) : name_(name) {
    const auto& dims = tensor("input").dims;
    const bool vector = dims.size() == 2;
    const Shape input = vector ? Shape{dims[1], 1, 1} : Shape{dims[1], dims[2], dims[3]};
    // A vector comes into a network through a flatten.
    prefix_ = vector ? "1." : "0.";
    batch_size_ = dims[0];
    options_.batch_size = batch_size_;
    options_.input_gradient = true;
    graph_ = network_of((vector ? "- flatten\n- " : "- ") + item, input);
  }

  void run() {
    Model model(graph_, options_);
    set_parameters(model);
    Program& program = model.training(batch_size_);
    std::copy(tensor("input").values.begin(), tensor("input").values.end(), program.input().begin());
    program.forward();
    check("output", program.output());
    std::copy(tensor("output_gradient").values.begin(), tensor("output_gradient").values.end(), program.output_gradient().begin());
    program.backward();
    check("input_gradient", program.input_gradient());
    check_parameters(model);
  }

 private:
  const Tensor& tensor(const std::string& what) const { return reference().tensors.at(name_ + "/" + what); }
  std::string short_name(const Parameter& parameter) const { return parameter.name.substr(prefix_.size()); }

  void set_parameters(Model& model) {
    for (std::size_t i = 0; i < graph_.parameters.size(); ++i) {
      const Tensor& values = tensor("parameter/" + short_name(graph_.parameters[i]));
      CHECK(values.dims == graph_.parameters[i].dims);
      model.set_parameter(static_cast<ParameterId>(i), values.values);
    }
  }

  void check_parameters(const Model& model) const {
    for (std::size_t i = 0; i < graph_.parameters.size(); ++i) {
      const auto id = static_cast<ParameterId>(i);
      const std::string name = short_name(graph_.parameters[i]);
      if (graph_.parameters[i].trainable)
        check("gradient/" + name, model.to_plain(id, model.trainable_gradients()));
      else
        check("after/" + name, model.parameter(id));
    }
  }

  void check(const std::string& what, std::span<const float> got) const {
    INFO(name_ << "/" << what);
    CHECK(relative_error(doubles(got), doubles(tensor(what).values)) < 2e-5);
  }

  std::string name_, prefix_;
  std::int64_t batch_size_ = 0;
  ModelOptions options_;
  Graph graph_;
};

TEST_CASE("every layer's result, gradients and running statistics are PyTorch's") {
  CHECK(reference().metadata.size() >= 25);
  for (const auto& [name, item] : reference().metadata) Case(name, item).run();
}

}  // namespace
}  // namespace cnnctl
