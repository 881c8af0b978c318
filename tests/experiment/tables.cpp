#include "tests/experiment/tables.h"

namespace cnnctl {
namespace {

struct Files {
  std::string root = "data/mnist";
};
struct Counts {
  std::int64_t train = 1000;
  std::int64_t test = 100;
};
struct Rate {
  double lr = 0.001;
};
struct Chance {
  double p = 0.5;
};
struct Nothing {};

const Schema<Files> mnist = Schema<Files>("mnist", "Handwritten digits.").optional("root", &Files::root, "folder of the files");
const Schema<Counts> digits = Schema<Counts>("digits", "Digits drawn in memory.")
                                  .optional("train", &Counts::train, "training images", at_least(1))
                                  .optional("test", &Counts::test, "test images", at_least(1));
const Schema<Nothing> cross_entropy("cross_entropy", "Cross-entropy.");
const Schema<Rate> adam = Schema<Rate>("adam", "Adam.").optional("lr", &Rate::lr, "learning rate", at_least(0));
const Schema<Rate> sgd = Schema<Rate>("sgd", "Gradient descent.").optional("lr", &Rate::lr, "learning rate", at_least(0));
const Schema<Chance> flip = Schema<Chance>("horizontal_flip", "Mirrored.").optional("p", &Chance::p, "probability", between(0, 1));
const Schema<Nothing> constant("constant", "The same learning rate in every epoch.");

}  // namespace

const Tables& test_tables() {
  static const Tables tables = {{choice_of(mnist), choice_of(digits)},
                                {choice_of(cross_entropy)},
                                {choice_of(adam), choice_of(sgd)},
                                {choice_of(constant)},
                                {choice_of(flip)}};
  return tables;
}

}  // namespace cnnctl
