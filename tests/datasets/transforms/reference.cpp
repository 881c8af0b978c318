#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>

#include "datasets/images/color.h"
#include "engine/formats/safetensors.h"
#include "tests/datasets/transforms/support.h"

namespace cnnctl {
namespace {

/// torchvision's pixels, made by tests/reference/make_transforms_reference.py.
const SafeTensors& reference() {
  static const SafeTensors file = read_safetensors(std::string(CNNCTL_SOURCE_DIR) + "/tests/reference/transforms.safetensors");
  return file;
}

Image image_of(const std::string& name) {
  const Tensor& tensor = reference().tensors.at(name);
  return {{tensor.dims[0], tensor.dims[1], tensor.dims[2]}, {tensor.values.begin(), tensor.values.end()}};
}

Image result_of(const std::string& item, Image image) {
  const std::map<std::string, void (*)(Image&, double)> functions = {
      {"sharpness", adjust_sharpness},
      {"posterize", [](Image& changed, double bits) { posterize(changed, static_cast<int>(bits)); }},
      {"solarize", solarize},
      {"stretch_contrast", [](Image& changed, double) { stretch_contrast(changed); }},
      {"equalize", [](Image& changed, double) { equalize(changed); }}};
  const auto found = functions.find(item.substr(0, item.find(' ')));
  if (found == functions.end()) return transformed(item, std::move(image));
  found->second(image, std::stod(item.substr(item.find(' '))));
  return image;
}

/// Whether a rotation is by no turn, or by quarters of one.
bool turns_by_quarters(const std::string& item) {
  const std::string degrees = "rotation: {degrees: [";
  return item.starts_with(degrees) && std::stoi(item.substr(degrees.size())) % 90 == 0;
}

/// The share of pixels that may be others: where a turned image takes the nearest pixel, rounding decides for some that lie between two.
double allowed_share(const std::string& item) {
  const bool warped = item.starts_with("rotation") || item.starts_with("affine");
  return warped && !turns_by_quarters(item) ? 0.002 : 0;
}

}  // namespace

TEST_CASE("transforms give torchvision's pixels to the bit, but for few that lie between two when an image is not turned by quarters") {
  std::size_t cases = 0;
  for (const auto& [key, tensor] : reference().tensors) {
    const std::string& name = key;  // clang 14 captures no structured binding
    const std::size_t slash = name.find('/');
    if (slash == std::string::npos) continue;
    CAPTURE(name);
    const std::string item = name.substr(slash + 1);
    const Image result = result_of(item, image_of(name.substr(0, slash)));
    REQUIRE(result.shape == Shape{tensor.dims[0], tensor.dims[1], tensor.dims[2]});
    std::size_t others = 0;
    int greatest = 0;
    for (std::size_t i = 0; i < result.pixels.size(); ++i) {
      const int difference = std::abs(result.pixels[i] - static_cast<int>(tensor.values[i]));
      others += difference > 0 ? 1U : 0U;
      greatest = std::max(greatest, difference);
    }
    CAPTURE(greatest);
    CHECK(static_cast<double>(others) <= allowed_share(item) * static_cast<double>(result.pixels.size()));
    ++cases;
  }
  CHECK(cases >= 110);
}

}  // namespace cnnctl
