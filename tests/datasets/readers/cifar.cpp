#include "datasets/readers/cifar.h"

#include <algorithm>
#include <filesystem>

#include "tests/datasets/support.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

/// A row of a file: its labels, then 3072 bytes, the first of which is `first`.
std::string row(const std::string& labels, char first) { return labels + first + std::string(3071, 'x'); }

Dataset load(const TemporaryFolder& folder, const std::string& name, Split split) {
  return load_dataset(select_dataset(name + ": {root: " + folder.path().string() + "}"), split, 1);
}

}  // namespace

TEST_CASE("cifar10 reads its five training files in order, also in the archive's folder") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "cifar-10-batches-bin");
  for (int i = 1; i <= 5; ++i)
    write_text(folder.path() / "cifar-10-batches-bin" / ("data_batch_" + std::to_string(i) + ".bin"),
               row({static_cast<char>(i)}, static_cast<char>('a' + i)) + row({'\0'}, 'z'));
  const Dataset train = load(folder, "cifar10", Split::train);
  CHECK(train.image == Shape{3, 32, 32});
  CHECK(train.labels == std::vector<std::int32_t>{1, 0, 2, 0, 3, 0, 4, 0, 5, 0});
  CHECK(bytes_of(train).size() == 10 * 3072);
  CHECK(bytes_of(train)[4 * 3072] == 'd');
  CHECK(train.classes.at(9) == "truck");
}

TEST_CASE("cifar100's classes are the fine ones") {
  const TemporaryFolder folder;
  write_text(folder.file("test.bin"), row("\x13\x63", 'a') + row(std::string("\x01\x00", 2), 'b'));
  const Dataset test = load(folder, "cifar100", Split::test);
  CHECK(test.labels == std::vector<std::int32_t>{99, 0});
  REQUIRE(test.classes.size() == 100);
  CHECK(test.classes.front() == "apple");
  CHECK(test.classes.back() == "worm");
  CHECK(std::is_sorted(test.classes.begin(), test.classes.end()));
}

TEST_CASE("cifar files that are wrong are errors with the file's name") {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& name, Split split) { return input_error([&] { load(folder, name, split); }); };
  CHECK(contains(error("cifar10", Split::test), "test_batch.bin: no such file"));
  write_text(folder.file("test_batch.bin"), row("\x01", 'a') + "rest");
  CHECK(contains(error("cifar10", Split::test), "test_batch.bin: is 3077 bytes long; cifar10 holds 3073 bytes for each image"));
  write_text(folder.file("test_batch.bin"), "");
  CHECK(contains(error("cifar10", Split::test), "test_batch.bin: is 0 bytes long"));
  std::string many;
  for (int i = 0; i < 1002; ++i) many += row({'\x02'}, 'a');
  write_text(folder.file("test_batch.bin"), many + row("\x0a", 'a'));
  CHECK(contains(error("cifar10", Split::test), "test_batch.bin: label 10 of image 1002 is not below 10"));
  CHECK(contains(input_error([] { load_dataset(select_dataset("cifar100: {root: /none}"), Split::train, 1); }),
                 "--set data.dataset.cifar100.root=FOLDER"));
}

}  // namespace cnnctl
