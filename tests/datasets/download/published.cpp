#include "datasets/download/published.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "tests/datasets/support.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

const DatasetType& type_of(const std::string& name) {
  const auto& types = dataset_types();
  return *std::find_if(types.begin(), types.end(), [&](const DatasetType& type) { return type.choice.declaration->name == name; });
}

/// What is to be fetched for the dataset that `yaml` selects.
std::vector<Download> missing(const std::string& yaml) {
  const Selection selection = select_dataset(yaml);
  return type_of(selection.type).missing_files(selection);
}

std::vector<std::string> names_of(const std::vector<Download>& downloads) {
  std::vector<std::string> names;
  for (const Download& download : downloads) names.push_back(download.file.name);
  return names;
}

std::string mistakes_of(const std::string& yaml) {
  Diagnostics diagnostics;
  try_select_dataset(yaml, diagnostics);
  return to_text(diagnostics, false);
}

}  // namespace

TEST_CASE("nothing is fetched without download: true") {
  for (const std::string yaml : {"mnist", "fashion_mnist: {root: /none}", "kmnist", "emnist: {split: digits}", "cifar10", "cifar100"})
    CHECK(missing(yaml).empty());
  for (const std::string name : {"digits", "image_folder", "numpy"}) CHECK(type_of(name).missing_files == nullptr);
}

TEST_CASE("every published file has a place, a size and a SHA-256") {
  std::size_t files = 0;
  for (const std::string yaml : {"mnist: {", "fashion_mnist: {", "kmnist: {", "emnist: {split: digits, ", "cifar10: {", "cifar100: {"})
    for (const Download& download : missing(yaml + "root: /none, download: true}")) {
      ++files;
      CHECK(download.folder == "/none");
      CHECK_FALSE(download.places.empty());
      for (const std::string& place : download.places) {
        CHECK(check_folder_url(place) == "");
        CHECK(place.ends_with('/'));
      }
      CHECK(download.file.size > 4000);
      CHECK(download.file.sha256.size() == 64);
      CHECK(download.file.sha256.find_first_not_of("0123456789abcdef") == std::string::npos);
    }
  CHECK(files == 3 * 4 + 1 + 2);
}

TEST_CASE("a mirror takes the published places' place") {
  for (const Download& download : missing("mnist: {root: /none, download: true, mirror: 'http://localhost:8000/x'}"))
    CHECK(download.places == std::vector<std::string>{"http://localhost:8000/x"});
}

TEST_CASE("of mnist the files that are missing are fetched; a plain one counts as well as a compressed one") {
  const TemporaryFolder folder;
  write_text(folder.file("train-images-idx3-ubyte"), "");
  write_text(folder.file("t10k-labels-idx1-ubyte.gz"), "");
  CHECK(names_of(missing("mnist: {root: " + folder.path().string() + ", download: true}")) ==
        std::vector<std::string>{"train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz"});
}

TEST_CASE("cifar's archive is fetched where one of its files is missing, and goes to its own folder") {
  const TemporaryFolder folder;
  const std::string yaml = "cifar100: {root: " + folder.path().string() + ", download: true}";
  write_text(folder.file("train.bin"), "");
  const std::vector<Download> downloads = missing(yaml);
  REQUIRE(downloads.size() == 1);
  CHECK(downloads[0].file.name == "cifar-100-binary.tar.gz");
  REQUIRE(downloads[0].members.size() == 2);
  CHECK(downloads[0].members[1].name == "cifar-100-binary/test.bin");
  CHECK(downloads[0].members[1].target == folder.file("cifar-100-binary/test.bin"));
  CHECK(downloads[0].members[0].largest == 50'000 * 3074);
  write_text(folder.file("test.bin"), "");
  CHECK(missing(yaml).empty());
  CHECK(missing("cifar10: {root: /none, download: true}").at(0).members.size() == 6);
}

TEST_CASE("emnist's archive is fetched where a file of the split is missing, and unpacked as a whole") {
  const TemporaryFolder folder;
  const std::string yaml = "emnist: {split: letters, root: " + folder.path().string() + ", download: true}";
  const std::vector<Download> downloads = missing(yaml);
  REQUIRE(downloads.size() == 1);
  REQUIRE(downloads[0].members.size() == 6 * 4);
  CHECK(downloads[0].members[0].name == "gzip/emnist-byclass-train-images-idx3-ubyte.gz");
  CHECK(downloads[0].members[0].target == folder.file("emnist-byclass-train-images-idx3-ubyte.gz"));
  for (const std::string end :
       {"train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz", "test-images-idx3-ubyte.gz", "test-labels-idx1-ubyte"})
    write_text(folder.file("emnist-letters-" + end), "");
  CHECK(missing(yaml).empty());
}

TEST_CASE("nothing is fetched into the folder of Debian's package") {
  if (std::filesystem::exists("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz"))
    CHECK(missing("fashion_mnist: {download: true}").empty());
  else
    CHECK(contains(input_error([] { missing("fashion_mnist: {download: true}"); }),
                   "--set data.dataset.fashion_mnist.root=data/fashion_mnist"));
}

TEST_CASE("a mirror that is no address, or that nothing is fetched from, is a mistake in its place") {
  CHECK(mistakes_of("mnist: {download: true, mirror: 'https://example.org/mnist/'}").empty());
  for (const auto& [mirror, words] : std::map<std::string, std::string>{{"ftp://x/", "must begin with http:// or https://"},
                                                                        {"/var/www", "must begin with http:// or https://"},
                                                                        {"http://", "is no URL"},
                                                                        {"http://x/a b", "is no URL"},
                                                                        {"http://x/?file=", "must end with a folder's name"}})
    CHECK(contains(mistakes_of("mnist: {download: true, mirror: '" + mirror + "'}"), "mirror: '" + mirror + "' " + words));
  const std::string message = mistakes_of("cifar10: {mirror: 'http://x/'}");
  CHECK(contains(message, "test.yaml:1:"));
  CHECK(contains(message, "nothing is fetched from it without download: true"));
}

TEST_CASE("missing files suggest to have them fetched") {
  for (const std::string yaml : {"mnist: {root: /none}", "fashion_mnist: {root: /none}", "kmnist: {root: /none}",
                                 "emnist: {split: mnist, root: /none}", "cifar10: {root: /none}", "cifar100: {root: /none}"}) {
    const std::string message = input_error([&] { load_dataset(select_dataset(yaml), Split::train, 1); });
    CHECK(contains(message, "--set data.dataset." + yaml.substr(0, yaml.find(':')) + ".download=true"));
  }
}

}  // namespace cnnctl
