#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "datasets/images/image.h"
#include "engine/diagnostics/diagnostic.h"
#include "engine/schema/arguments.h"
#include "engine/schema/schema.h"
#include "engine/training/random.h"

namespace cnnctl {

/// Per channel, applied to values in [0, 1]: (value - mean) / deviation.
struct ChannelStatistics {
  std::vector<double> means;
  std::vector<double> deviations;
};

/// An image that can be read, but is not of the size that the config needs: a mistake of the config's, which on_error: skip does not hide.
class UnfitImage : public InputError {
 public:
  using InputError::InputError;
};

/// One step of what is done to an image. Exactly one of `bytes`, `statistics` and `floats` is set.
struct Transform {
  /// The shape of what comes out; a height or width of 0 stands for one that differs from image to image. Throws InputError where images of
  /// `in` cannot be transformed. Empty: the shape stays.
  std::function<Shape(const Shape& in)> shape = nullptr;
  /// Changes the image. All that is random comes from `random`, in the same order whatever the image's size.
  std::function<void(Image& image, Random& random)> bytes = nullptr;
  /// Bytes become floats, normalized so.
  std::optional<ChannelStatistics> statistics = std::nullopt;
  /// Changes an image of normalized floats, C x H x W.
  std::function<void(std::span<float> pixels, const Shape& shape, Random& random)> floats = nullptr;
  /// How many times smaller, in each direction, the image of `in` becomes, with the same random numbers: one that is read in a size nearer
  /// to the result's gives the same picture. Empty: it is needed whole.
  std::function<double(const Shape& in, Random random)> shrinks = nullptr;
};

/// One line of the table of transforms.
struct TransformType {
  Choice choice;
  std::function<Transform(const Selection& selection)> make;
};

/// Every transform, under torchvision's names. The list stands in table.cpp.
const std::vector<TransformType>& transform_types();

/// Their declarations and checks, for experiment/.
std::vector<Choice> transform_choices();

/// The selected transform.
Transform make_transform(const Selection& selection);

/// The line of the table for `schema`, which must outlive it, and `build`, which makes a transform of arguments.
template <class T>
TransformType transform_type(const Schema<T>& schema, Transform (*build)(const T& arguments)) {
  return {choice_of(schema), [&schema, build](const Selection& selection) { return build(read_arguments(schema, selection)); }};
}

}  // namespace cnnctl
