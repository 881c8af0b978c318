#include "datasets/readers/emnist.h"

#include "tests/datasets/support.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

Dataset load(const TemporaryFolder& folder, const std::string& split) {
  return load_dataset(select_dataset("emnist: {split: " + split + ", root: " + folder.path().string() + "}"), Split::train, 1);
}

}  // namespace

TEST_CASE("emnist's images stand upright, and its letters are counted from 0") {
  const TemporaryFolder folder;
  write_text(folder.file("emnist-letters-train-images-idx3-ubyte.gz"), gzip(idx_text({2, 2, 3}, "abcdefghijkl")));
  write_text(folder.file("emnist-letters-train-labels-idx1-ubyte.gz"), gzip(idx_text({2}, "\x01\x1a")));
  const Dataset dataset = load(folder, "letters");
  CHECK(dataset.image == Shape{1, 3, 2});
  CHECK(std::string(bytes_of(dataset).begin(), bytes_of(dataset).end()) == "adbecfgjhkil");
  CHECK(dataset.labels == std::vector<std::int32_t>{0, 25});
  CHECK(dataset.classes.at(25) == "z");
  write_text(folder.file("emnist-letters-train-labels-idx1-ubyte.gz"), gzip(idx_text({2}, std::string("\x01\x00", 2))));
  CHECK(contains(input_error([&] { load(folder, "letters"); }), "label 0 of image 1 is below 1"));
}

TEST_CASE("every split of emnist has its classes") {
  const TemporaryFolder folder;
  for (const auto& [split, classes] :
       {std::pair<std::string, std::size_t>{"byclass", 62}, {"bymerge", 47}, {"balanced", 47}, {"digits", 10}, {"mnist", 10}}) {
    write_text(folder.file("emnist-" + split + "-train-images-idx3-ubyte"), idx_text({1, 1, 1}, "a"));
    write_text(folder.file("emnist-" + split + "-train-labels-idx1-ubyte"), idx_text({1}, std::string(1, '\0')));
    CHECK(load(folder, split).classes.size() == classes);
  }
}

TEST_CASE("a missing emnist is an error that says where it can be had") {
  CHECK(contains(input_error([] { load_dataset(select_dataset("emnist: {split: digits, root: /none}"), Split::test, 1); }),
                 "/none/emnist-digits-test-images-idx3-ubyte: no such file"));
}

}  // namespace cnnctl
