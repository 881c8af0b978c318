#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "datasets/transforms/transform.h"
#include "engine/config/parse.h"

namespace cnnctl {

/// The transform that `yaml` selects, checked as a config's is; its mistakes go to `diagnostics`.
inline std::optional<Selection> try_select_transform(const std::string& yaml, Diagnostics& diagnostics) {
  const auto source = std::make_shared<const Source>(Source{"test.yaml", yaml});
  return select(parse_yaml(source, diagnostics), "transform", transform_choices(), diagnostics);
}

inline Selection select_transform(const std::string& yaml) {
  Diagnostics diagnostics;
  const std::optional<Selection> selection = try_select_transform(yaml, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics.sorted()) FAIL_CHECK(to_text(diagnostic, false));
  REQUIRE(selection.has_value());
  return *selection;
}

/// An image of `shape` whose bytes count up.
inline Image counting_image(const Shape& shape) {
  Image image = make_image(shape);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<std::uint8_t>(i);
  return image;
}

/// The image after the transform that `yaml` selects, with random numbers from `seed`.
inline Image transformed(const std::string& yaml, Image image, std::uint64_t seed = 1) {
  Random random(seed);
  make_transform(select_transform(yaml)).bytes(image, random);
  return image;
}

}  // namespace cnnctl
