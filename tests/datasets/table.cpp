#include <algorithm>

#include "tests/datasets/support.h"

namespace cnnctl {
namespace {

TEST_CASE("every dataset of the table has a summary and help") {
  std::vector<std::string> names;
  for (const Choice& choice : dataset_choices()) {
    names.push_back(choice.declaration->name);
    CHECK(!choice.declaration->summary.empty());
    for (const Argument& argument : choice.declaration->arguments) CHECK(!argument.help.empty());
  }
  CHECK(names ==
        std::vector<std::string>{"mnist", "fashion_mnist", "kmnist", "emnist", "cifar10", "cifar100", "image_folder", "numpy", "digits"});
}

TEST_CASE("a dataset's wrong arguments are found with the config") {
  for (const std::string yaml :
       {"mnist: {rot: x}", "mnist: {download: maybe}", "image_folder: {root: x, download: true}", "digits: {train: 0}",
        "digits: {train: many}", "digits: {test: 1000001}", "emnist", "emnist: {split: roman}", "cifar11"}) {
    CAPTURE(yaml);
    Diagnostics diagnostics;
    try_select_dataset(yaml, diagnostics);
    CHECK(diagnostics.has_errors());
  }
}

TEST_CASE("the drawn and the read datasets have both splits") {
  for (const std::string yaml : {"digits", "mnist"})
    for (const Split split : {Split::train, Split::test}) CHECK(has_split(select_dataset(yaml), split));
}

TEST_CASE("the largest label of no images is -1") { CHECK(largest_label({}) == -1); }

}  // namespace
}  // namespace cnnctl
