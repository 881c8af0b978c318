#include <fmt/format.h>

#include "engine/experiment/experiment.h"

namespace cnnctl {
namespace {

/// What to change so that the network gives `classes` outputs: the last layer that has weights, where that is a linear one.
std::string output_hint(const Graph& graph, std::int64_t classes) {
  for (auto layer = graph.layers.rbegin(); layer != graph.layers.rend(); ++layer)
    if (layer->parameters > 0 && layer->type == "linear") return fmt::format("set out_features of layer '{}' to {}", layer->name, classes);
  return fmt::format("end the model in a linear layer with out_features: {}", classes);
}

}  // namespace

void check_classes(const Experiment& experiment, std::int64_t classes, const std::string& dataset) {
  const Shape& output = experiment.graph.output_shape();
  const Place& place = experiment.data.dataset.place;
  if (!output.flat)
    fail_at(
        place,
        fmt::format("the network gives a map of {}, but {} needs a vector of {} numbers, one a class", to_string(output), dataset, classes),
        fmt::format("end the model in flatten and linear: {{out_features: {}}}", classes));
  if (output.channels != classes)
    fail_at(place, fmt::format("the network gives {} outputs, but {} has {} classes", output.channels, dataset, classes),
            output_hint(experiment.graph, classes));
}

void check_image_shape(const Experiment& experiment, const Shape& image, const std::string& dataset) {
  const Shape& input = experiment.graph.input_shape();
  if (input.channels == image.channels && input.height == image.height && input.width == image.width) return;
  const Value* value = experiment.config.find("input");
  std::string hint = fmt::format("write input: [{}, {}, {}]", image.channels, image.height, image.width);
  if (input.channels == 1 && image.channels == 3) hint += ", or put grayscale into data.transforms, for train and test";
  if (input.channels == 3 && image.channels == 1)
    hint += ", or put grayscale: {num_output_channels: 3} into data.transforms, for train and test";
  fail_at(value ? value->place : Place{},
          fmt::format("the network's input is {}, but the images of {} are {}", to_string(input), dataset, to_string(image)), hint);
}

}  // namespace cnnctl
