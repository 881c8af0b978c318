#include <filesystem>

#include "tests/datasets/support.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/without_rights.h"

namespace cnnctl {
namespace {

namespace fs = std::filesystem;

/// What reading the training split of the dataset that `yaml` selects says to somebody who may not enter `folder`.
std::string error_without_permission(const fs::path& folder, const std::string& yaml) {
  const Selection selection = select_dataset(yaml);
  fs::permissions(folder, fs::perms::none);
  std::string message;
  {
    const WithoutRights rights;
    message = input_error([&] {
      for (const Split split : {Split::train, Split::test})
        if (has_split(selection, split)) load_dataset(selection, split, 1);
    });
  }
  fs::permissions(folder, fs::perms::owner_all);
  return message;
}

}  // namespace

TEST_CASE("a folder without permission is an error that names a file in it and the reason, whatever the dataset") {
  const TemporaryFolder folder;
  const std::string root = folder.file("root");
  fs::create_directory(root);
  const auto check = [&](const std::string& dataset, const std::string& file) {
    CAPTURE(dataset);
    CHECK(contains(error_without_permission(root, dataset), root + file + ": cannot be read: Permission denied"));
  };
  check("mnist: {root: " + root + "}", "/train-images-idx3-ubyte");
  check("emnist: {split: digits, root: " + root + "}", "/emnist-digits-train-images-idx3-ubyte");
  check("cifar10: {root: " + root + "}", "/cifar-10-batches-bin/data_batch_1.bin");
  check("numpy: {train: {images: " + root + "/x.npy, labels: " + root + "/y.npy}}", "/x.npy");
  check("image_folder: {root: " + root + "}", "/train");
}

TEST_CASE("a folder without permission is not taken for one that lacks files to be fetched") {
  const TemporaryFolder folder;
  const std::string root = folder.file("root");
  fs::create_directory(root);
  const Selection selection = select_dataset("mnist: {root: " + root + ", download: true, mirror: 'http://127.0.0.1:1/'}");
  fs::permissions(root, fs::perms::none);
  {
    const WithoutRights rights;
    download_dataset(selection, {});
  }
  fs::permissions(root, fs::perms::owner_all);
}

TEST_CASE("cifar's own folder without permission is an error that names a file in it") {
  const TemporaryFolder folder;
  const fs::path own = folder.path() / "cifar-100-binary";
  fs::create_directory(own);
  CHECK(contains(error_without_permission(own, "cifar100: {root: " + folder.path().string() + "}"),
                 (own / "train.bin").string() + ": cannot be read: Permission denied"));
}

}  // namespace cnnctl
