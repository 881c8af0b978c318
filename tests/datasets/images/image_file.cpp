#include "datasets/images/image_file.h"

#include <algorithm>
#include <filesystem>

#include "datasets/images/png.h"
#include "engine/formats/safetensors.h"
#include "tests/datasets/transforms/support.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

const std::string folder_of_images = std::string(CNNCTL_SOURCE_DIR) + "/tests/reference/images/";

/// Pillow's pixels, made by tests/reference/make_image_files.py.
const SafeTensors& reference() {
  static const SafeTensors file = read_safetensors(std::string(CNNCTL_SOURCE_DIR) + "/tests/reference/images.safetensors");
  return file;
}

bool has_pixels(const Image& image, const Tensor& tensor) {
  return image.shape == Shape{tensor.dims[0], tensor.dims[1], tensor.dims[2]} &&
         std::equal(image.pixels.begin(), image.pixels.end(), tensor.values.begin(), tensor.values.end());
}

}  // namespace

TEST_CASE("JPEG and PNG files of every kind have Pillow's pixels, turned as Exif says") {
  std::size_t files = 0;
  for (const auto& [key, tensor] : reference().tensors) {
    const std::string& name = key;  // clang 14 captures no structured binding
    if (name.find('/') != std::string::npos) continue;
    CAPTURE(name);
    CHECK(has_pixels(read_image(folder_of_images + name, 3), tensor));
    ++files;
  }
  CHECK(files >= 20);
}

TEST_CASE("Exif's orientation is found as a number of four bytes too, and behind bytes that fill up to a marker") {
  const TemporaryFolder folder;
  const std::string plain = read_text(folder_of_images + "color.jpg"), start = plain.substr(0, 2), rest = plain.substr(2);
  const std::string big("Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x04\0\0\0\x01\0\0\0\x06\0\0\0\0", 32);
  const std::string little("Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x04\0\x01\0\0\0\x06\0\0\0\0\0\0\0", 32);
  const std::string length("\0\x22", 2);
  for (const std::string& content : {big, little})
    for (const std::string marker : {"\xFF\xE1", "\xFF\xFF\xFF\xE1"}) {
      write_text(folder.file("turned.jpg"), start + marker + length + content + rest);
      CHECK(read_image(folder.file("turned.jpg"), 3).shape == Shape{3, 36, 24});
    }
}

TEST_CASE("an image that will be shrunk is decoded smaller, as Pillow's draft does") {
  const Transform resize = make_transform(select_transform("resize: {size: 20}"));
  Random random(1);
  Image image = read_image(folder_of_images + "large.jpg", 3, [&](const Shape& shape) { return resize.shrinks(shape, random); });
  CHECK(image.shape == Shape{3, 60, 80});
  resize.bytes(image, random);
  CHECK(has_pixels(image, reference().tensors.at("large.jpg/resize")));
}

TEST_CASE("an image that is decoded smaller gets the size that the stored one would get") {
  const Transform resize = make_transform(select_transform("resize: {size: 18}"));
  Random random(1);
  for (const std::int64_t channels : {3, 1}) {
    Image image = read_image(folder_of_images + "odd.jpg", channels, [&](const Shape& shape) { return resize.shrinks(shape, random); });
    CHECK(image.shape == Shape{channels, 38, 50});
    resize.bytes(image, random);
    CHECK(image.shape == Shape{channels, 18, 24});
    if (channels == 3) CHECK(has_pixels(image, reference().tensors.at("odd.jpg/resize")));
  }
}

TEST_CASE("a file can be read as grey") {
  const Image grey = read_image(folder_of_images + "grey.png", 1), color = read_image(folder_of_images + "grey.png", 3);
  CHECK(grey.shape == Shape{1, 24, 36});
  CHECK(std::equal(grey.pixels.begin(), grey.pixels.end(), color.pixels.begin()));
}

TEST_CASE("a header that claims more than an image may have, or its file can hold, is refused before anything is allocated") {
  CHECK(contains(input_error([] { read_image(folder_of_images + "huge.png", 3); }),
                 "huge.png: is 100000 x 100000 pixels, by its header; images of more than 100000000 pixels are refused"));
  CHECK(contains(input_error([] { read_image(folder_of_images + "hollow.png", 3); }), "9000 x 9000 pixels, by its header, which"));
  const TemporaryFolder folder;
  std::string jpeg = read_text(folder_of_images + "color.jpg");
  const std::size_t frame = jpeg.find("\xFF\xC0");
  REQUIRE(frame != std::string::npos);
  jpeg.replace(frame + 5, 4, "\xF0\x00\xF0\x00", 4);
  write_text(folder.file("huge.jpg"), jpeg);
  CHECK(contains(input_error([&] { read_image(folder.file("huge.jpg"), 3); }), "huge.jpg: is 61440 x 61440 pixels"));
}

TEST_CASE("a file cut off anywhere, or with bytes changed, is an error with its name or an image, and nothing else") {
  const TemporaryFolder folder;
  for (const std::string name : {"color.jpg", "progressive.jpg", "palette.png", "color_16_bit.png", "orientation_6.jpg"}) {
    CAPTURE(name);
    const std::string whole = read_text(folder_of_images + name);
    const std::string path = folder.file(name);
    // Behind a PNG's last pixel are checksums and an end mark, behind a JPEG's the mark alone.
    const std::size_t behind_pixels = name.ends_with(".png") ? 24 : 2;
    for (std::size_t length = 0; length + behind_pixels < whole.size(); length += 1 + whole.size() / 60) {
      write_text(path, whole.substr(0, length));
      CHECK(input_error([&] { read_image(path, 3); }).starts_with(path + ": "));
    }
    for (std::size_t at = 0; at < whole.size(); at += 1 + whole.size() / 100) {
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ 0x5A);
      write_text(path, changed);
      try {
        const Image image = read_image(path, 3);
        CHECK(!image.pixels.empty());
      } catch (const InputError& error) {
        CHECK(std::string(error.what()).starts_with(path + ": "));
      }
    }
  }
}

TEST_CASE("what is no image is an error that says so") {
  const TemporaryFolder folder;
  write_text(folder.file("text.jpg"), "no image");
  CHECK(contains(input_error([&] { read_image(folder.file("text.jpg"), 3); }), "text.jpg: is neither a JPEG nor a PNG file"));
  CHECK(contains(input_error([&] { read_image(folder.path().string(), 3); }), "is a folder, not a file"));
}

TEST_CASE("a PNG file that is written holds the image's pixels") {
  const TemporaryFolder folder;
  const Image image = counting_image({3, 7, 5});
  write_text(folder.file("written.png"), encode_png(image));
  CHECK(read_image(folder.file("written.png"), 3).pixels == image.pixels);
}

}  // namespace cnnctl
