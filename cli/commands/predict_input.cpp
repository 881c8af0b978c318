#include "cli/commands/predict_input.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/commands/sources.h"
#include "datasets/loader/loader.h"
#include "datasets/readers/numpy.h"
#include "engine/formats/npy.h"

namespace cnnctl {
namespace {

/// C x H x W of the array's images.
Shape shape_of_images(const NpyArray& array, const std::string& path, const Shape& input) {
  const std::vector<std::int64_t>& dims = array.dims;
  if (dims.size() == 4 && dims[1] > 0 && dims[2] > 0 && dims[3] > 0) return {dims[1], dims[2], dims[3]};
  throw InputError(fmt::format("{}: the network takes images N x {} x {} x {}, but this array is {}", path, input.channels, input.height,
                               input.width, dims.empty() ? "a single number" : fmt::format("{}", fmt::join(dims, " x "))));
}

}  // namespace

std::unique_ptr<BatchSource> open_array(const std::string& path, const Experiment& experiment) {
  const NpyArray array = read_npy(path);
  const Shape& input = experiment.graph.input_shape();
  Dataset dataset;
  dataset.image = shape_of_images(array, path, input);
  dataset.labels.resize(static_cast<std::size_t>(array.dims.front()));
  LoaderOptions options;
  if (array.type == NpyArray::Type::float32) {
    std::vector<float> pixels = elements<float>(array);
    require_finite(pixels, dataset.image, path);
    dataset.pixels = std::move(pixels);
  } else if (array.type == NpyArray::Type::uint8) {
    dataset.pixels = elements<std::uint8_t>(array);
    options = loader_options(experiment, Purpose::measuring);
  } else {
    throw InputError(fmt::format("{}: images must be float32 or uint8", path));
  }
  auto source = make_loader(std::make_shared<const Dataset>(std::move(dataset)), options);
  if (source->image_shape() == Shape{input.channels, input.height, input.width}) return source;
  throw InputError(fmt::format("{}: the network takes images N x {} x {} x {}, but this array is {}{}", path, input.channels, input.height,
                               input.width, fmt::join(array.dims, " x "),
                               options.transforms.empty() ? "" : ", also after data.transforms.test"));
}

std::unique_ptr<BatchSource> open_image_files(const std::vector<std::string>& paths, const Experiment& experiment) {
  const Shape& input = experiment.graph.input_shape();
  LoaderOptions options = loader_options(experiment, Purpose::measuring);
  options.on_error = LoaderOptions::OnError::stop;
  const auto open = [&](std::int64_t channels) {
    ImageFiles files("", channels);
    for (const std::string& path : paths) files.add(path);
    Dataset dataset{.image = {channels, 0, 0}, .pixels = std::move(files), .labels = {}, .classes = {}};
    dataset.labels.resize(paths.size());
    return make_loader(std::make_shared<const Dataset>(std::move(dataset)), options);
  };
  const bool makes_grey = std::any_of(options.transforms.begin(), options.transforms.end(),
                                      [](const Selection& transform) { return transform.type == "grayscale"; });
  auto source = open(input.channels == 1 && !makes_grey ? 1 : 3);
  if (source->image_shape() == Shape{input.channels, input.height, input.width}) return source;
  throw InputError(fmt::format("the network takes images of {}, but those of {} are {} after data.transforms.test", to_string(input),
                               paths.front(), to_string(source->image_shape())));
}

}  // namespace cnnctl
