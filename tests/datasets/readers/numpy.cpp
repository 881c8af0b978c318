#include "datasets/readers/numpy.h"

#include <limits>

#include "engine/formats/npy.h"
#include "tests/datasets/support.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

template <class T>
std::string npy_text(const std::string& descr, const std::string& shape, const std::vector<T>& values) {
  const std::string header = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + "}\n";
  const auto length = static_cast<std::uint16_t>(header.size());
  return std::string("\x93NUMPY\x01\x00", 8) + std::string(reinterpret_cast<const char*>(&length), 2) + header +
         std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

/// A folder with x.npy (two images of 1 x 2 x 2, float32) and y.npy (labels 0 and 3, int64), and its selection.
class NumpyFolder {
 public:
  NumpyFolder() {
    write_npy(file("x.npy"), {2, 1, 2, 2}, std::vector<float>{0, 1, 2, 3, 4, 5, 6, -7});
    write_text(file("y.npy"), npy_text<std::int64_t>("<i8", "(2,)", {0, 3}));
  }

  std::string file(const std::string& name) const { return folder_.file(name); }
  std::string files() const { return "{images: " + file("x.npy") + ", labels: " + file("y.npy") + "}"; }
  Selection selection(const std::string& more = "") const { return select_dataset("numpy: {train: " + files() + more + "}"); }
  Dataset load(const std::string& more = "") const { return load_dataset(selection(more), Split::train, 1); }
  std::string error(const std::string& more = "") const {
    return input_error([&] { load(more); });
  }

 private:
  TemporaryFolder folder_;
};

TEST_CASE("numpy's float32 images and integer labels are read as they are") {
  const NumpyFolder folder;
  const Dataset dataset = folder.load();
  CHECK(dataset.image == Shape{1, 2, 2});
  CHECK(std::get<std::vector<float>>(dataset.pixels) == std::vector<float>{0, 1, 2, 3, 4, 5, 6, -7});
  CHECK(dataset.labels == std::vector<std::int32_t>{0, 3});
}

TEST_CASE("numpy's uint8 images stay bytes, and N x H x W is one channel") {
  const NumpyFolder folder;
  write_text(folder.file("x.npy"), npy_text<std::uint8_t>("|u1", "(2, 1, 3)", {1, 2, 3, 4, 5, 255}));
  const Dataset dataset = folder.load();
  CHECK(dataset.image == Shape{1, 1, 3});
  CHECK(bytes_of(dataset) == std::vector<std::uint8_t>{1, 2, 3, 4, 5, 255});
}

TEST_CASE("numpy's labels may be of every integer type") {
  const NumpyFolder folder;
  write_text(folder.file("y.npy"), npy_text<std::uint8_t>("|u1", "(2,)", {200, 3}));
  CHECK(folder.load().labels == std::vector<std::int32_t>{200, 3});
  write_text(folder.file("y.npy"), npy_text<std::int32_t>("<i4", "(2,)", {70'000, 3}));
  CHECK(folder.load().labels == std::vector<std::int32_t>{70'000, 3});
}

TEST_CASE("numpy's number of classes is open unless it is given") {
  const NumpyFolder folder;
  CHECK(folder.load().classes.empty());
  CHECK(largest_label(folder.load()) == 3);
  CHECK(folder.load(", classes: 4").classes == std::vector<std::string>{"0", "1", "2", "3"});
  CHECK(contains(folder.error(", classes: 3"), "y.npy: label 3 of image 1 is not in [0, 3)"));
}

TEST_CASE("numpy may come without a test split") {
  const NumpyFolder folder;
  CHECK(has_split(folder.selection(), Split::train));
  CHECK(!has_split(folder.selection(), Split::test));
  CHECK(contains(input_error([&] { load_dataset(folder.selection(), Split::test, 1); }), "data.dataset.numpy: has no test split"));
  CHECK(load_dataset(folder.selection(", test: " + folder.files()), Split::test, 1).size() == 2);
}

TEST_CASE("numpy's arrays that do not fit are an error with the file's name") {
  const NumpyFolder folder;
  const std::string images = read_text(folder.file("x.npy"));
  write_npy(folder.file("x.npy"), {4, 2}, std::vector<float>(8));
  CHECK(contains(folder.error(), "x.npy: (4, 2) has 2 dimensions"));
  write_npy(folder.file("x.npy"), {2, 0, 2}, {});
  CHECK(contains(folder.error(), "x.npy: (2, 0, 2) has no elements"));
  write_text(folder.file("x.npy"), npy_text<double>("<f8", "(1, 1, 1)", {1}));
  CHECK(contains(folder.error(), "x.npy: holds neither uint8 nor float32"));
  write_npy(folder.file("x.npy"), {2, 2, 2}, std::vector<float>{0, 1, 2, 3, 4, 5, std::numeric_limits<float>::quiet_NaN(), 7});
  CHECK(contains(folder.error(), "x.npy: image 1, channel 0, row 1, column 0 is nan; a network takes finite numbers"));

  write_text(folder.file("x.npy"), images);
  write_text(folder.file("y.npy"), npy_text<std::int64_t>("<i8", "(3,)", {0, 1, 2}));
  CHECK(contains(folder.error(), "y.npy: (3) is not one label for each of the 2 images"));
  write_text(folder.file("y.npy"), npy_text<std::int64_t>("<i8", "(2,)", {0, -1}));
  CHECK(contains(folder.error(), "y.npy: label -1 of image 1"));
  write_text(folder.file("y.npy"), npy_text<std::int64_t>("<i8", "(2,)", {0, 1LL << 40}));
  CHECK(contains(folder.error(), "y.npy: label 1099511627776 of image 1"));
  write_text(folder.file("y.npy"), npy_text<std::int64_t>("<i8", "(2,)", {0, 1'000'000}));
  CHECK(contains(folder.error(), "y.npy: label 1000000 of image 1 is not in [0, 1000000)"));
  write_text(folder.file("y.npy"), npy_text<float>("<f4", "(2,)", {0, 1}));
  CHECK(contains(folder.error(), "y.npy: holds floating-point numbers"));
}

TEST_CASE("numpy's splits are checked with the config") {
  const auto mistakes = [](const std::string& yaml) {
    Diagnostics diagnostics;
    try_select_dataset(yaml, diagnostics);
    std::string text;
    for (const Diagnostic& diagnostic : diagnostics.sorted()) text += to_text(diagnostic, false);
    return text;
  };
  CHECK(contains(mistakes("numpy: {}"), "train"));
  CHECK(contains(mistakes("numpy: {train: {images: x.npy}}"), "labels"));
  CHECK(contains(mistakes("numpy: {train: {images: x, labels: y}, test: {images: x, label: y}}"), "'label'"));
  CHECK(contains(mistakes("numpy: {train: x.npy}"), "test.yaml:1:16: error"));
  CHECK(contains(mistakes("numpy: {train: {images: x, labels: y}, classes: 0}"), "classes"));
}

}  // namespace
}  // namespace cnnctl
