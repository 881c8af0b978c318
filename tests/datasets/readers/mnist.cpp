#include "datasets/readers/mnist.h"

#include <algorithm>

#include "tests/datasets/support.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

/// A folder with both splits: two images and one.
void write_files(const TemporaryFolder& folder) {
  write_text(folder.file("train-images-idx3-ubyte"), idx_text({2, 2, 3}, "abcdefghijkl"));
  write_text(folder.file("train-labels-idx1-ubyte"), idx_text({2}, "\x09\x04"));
  write_text(folder.file("t10k-images-idx3-ubyte.gz"), gzip(idx_text({1, 2, 3}, "uvwxyz")));
  write_text(folder.file("t10k-labels-idx1-ubyte.gz"), gzip(idx_text({1}, "\x07")));
}

Dataset load(const TemporaryFolder& folder, Split split) {
  return load_dataset(select_dataset("mnist: {root: " + folder.path().string() + "}"), split, 1);
}

std::string error_of(const TemporaryFolder& folder) {
  return input_error([&] { load(folder, Split::train); });
}

TEST_CASE("mnist reads images and labels of both splits") {
  const TemporaryFolder folder;
  write_files(folder);
  const Dataset train = load(folder, Split::train);
  CHECK(train.image == Shape{1, 2, 3});
  CHECK(train.labels == std::vector<std::int32_t>{9, 4});
  CHECK(bytes_of(train).size() == 12);
  CHECK(train.classes.size() == 10);
  const Dataset test = load(folder, Split::test);
  CHECK(test.size() == 1);
  CHECK(test.labels == std::vector<std::int32_t>{7});
  CHECK(bytes_of(test).front() == 'u');
}

TEST_CASE("a missing mnist folder is an error that names the file and the key to set") {
  const std::string message = input_error([] { load_dataset(select_dataset("mnist: {root: /none}"), Split::train, 1); });
  CHECK(message.starts_with("/none/train-images-idx3-ubyte: no such file"));
  CHECK(contains(message, "--set data.dataset.mnist.root=FOLDER"));
}

TEST_CASE("a missing fashion_mnist folder is an error that names the package") {
  const std::string message = input_error([] { load_dataset(select_dataset("fashion_mnist: {root: /none}"), Split::test, 1); });
  CHECK(message.starts_with("/none/t10k-images-idx3-ubyte: no such file"));
  CHECK(contains(message, "apt-get install dataset-fashion-mnist"));
}

TEST_CASE("mnist files that disagree with each other are an error with the file's name") {
  const TemporaryFolder folder;
  write_files(folder);
  write_text(folder.file("train-labels-idx1-ubyte"), idx_text({3}, "\x01\x02\x03"));
  CHECK(contains(error_of(folder), "train-labels-idx1-ubyte: 3 labels for the 2 images of"));
  write_text(folder.file("train-labels-idx1-ubyte"), idx_text({2}, "\x01\x0a"));
  CHECK(contains(error_of(folder), "train-labels-idx1-ubyte: label 10 of image 1 is not below 10"));
  write_text(folder.file("train-labels-idx1-ubyte"), idx_text({2, 1}, "\x01\x02"));
  CHECK(contains(error_of(folder), "train-labels-idx1-ubyte: holds 2 dimensions"));
}

TEST_CASE("mnist images that are none are an error with the file's name") {
  const TemporaryFolder folder;
  write_files(folder);
  write_text(folder.file("train-images-idx3-ubyte"), idx_text({2, 6}, "abcdefghijkl"));
  CHECK(contains(error_of(folder), "train-images-idx3-ubyte: holds 2 dimensions"));
  write_text(folder.file("train-images-idx3-ubyte"), idx_text({0, 28, 28}, ""));
  CHECK(contains(error_of(folder), "train-images-idx3-ubyte: holds no images"));
}

TEST_CASE("Debian's fashion_mnist has 60,000 and 10,000 images, as many of each class") {
  if (!std::filesystem::exists("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz")) {
    MESSAGE("skipped: the package dataset-fashion-mnist is not installed");
    return;
  }
  for (const Split split : {Split::train, Split::test}) {
    const Dataset dataset = load_dataset(select_dataset("fashion_mnist"), split, 1);
    CHECK(dataset.image == Shape{1, 28, 28});
    CHECK(dataset.size() == (split == Split::train ? 60'000 : 10'000));
    CHECK(dataset.classes.at(9) == "Ankle boot");
    for (int label = 0; label < 10; ++label) CHECK(std::count(dataset.labels.begin(), dataset.labels.end(), label) == dataset.size() / 10);
  }
}

}  // namespace
}  // namespace cnnctl
