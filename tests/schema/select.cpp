#include <doctest/doctest.h>

#include "engine/schema/schema.h"
#include "tests/schema/support.h"

using namespace cnnctl;

namespace {

using Messages = std::vector<std::string>;

struct AdamArguments {
  double lr = 0.001;
};
struct SgdArguments {
  double lr = 0;
};

const std::vector<Choice>& table() {
  static const auto adam = Schema<AdamArguments>("adam", "Adam.").optional("lr", &AdamArguments::lr, "learning rate", above(0));
  static const auto sgd = Schema<SgdArguments>("sgd", "Gradient descent.").required("lr", &SgdArguments::lr, "learning rate", above(0));
  static const std::vector<Choice> choices = {choice_of(adam), choice_of(sgd)};
  return choices;
}

Messages mistakes(const std::string& text) {
  Diagnostics diagnostics;
  CHECK_FALSE(select(yaml(text), "optimizer", table(), diagnostics));
  return messages(diagnostics);
}

}  // namespace

TEST_CASE("an item is a name, or a map of a name and its arguments") {
  Diagnostics diagnostics;
  const auto name = select(yaml("adam"), "optimizer", table(), diagnostics);
  REQUIRE(name);
  CHECK(name->type == "adam");
  CHECK(name->arguments.is_null());
  const auto with_arguments = select(yaml("{sgd: {lr: 0.1}}"), "optimizer", table(), diagnostics);
  REQUIRE(with_arguments);
  CHECK(with_arguments->type == "sgd");
  CHECK(with_arguments->arguments.find("lr")->text == "0.1");
  CHECK(to_string(with_arguments->place) == "net.yaml:1:2");
  CHECK(select(yaml("adam:"), "optimizer", table(), diagnostics));
  CHECK(select(yaml("{adam: {}}"), "optimizer", table(), diagnostics));
  CHECK_FALSE(diagnostics.has_errors());
}

TEST_CASE("an unknown type has a suggestion and lists the known ones") {
  CHECK(mistakes("adm") == Messages{"unknown optimizer 'adm'; did you mean 'adam'? [known are adam, sgd]"});
  CHECK(mistakes("{lbfgs: {lr: 1}}") == Messages{"unknown optimizer 'lbfgs' [known are adam, sgd]"});
}

TEST_CASE("the arguments of the selected one are checked") {
  CHECK(mistakes("sgd") == Messages{"sgd needs lr (learning rate)"});
  CHECK(mistakes("{adam: {lr: 0}}") == Messages{"lr of adam must be above 0, not 0"});
}

TEST_CASE("what is no item is an error") {
  CHECK(mistakes("[adam]") == Messages{"an optimizer must be a name or {name: {arguments}}, not a list"});
  CHECK(mistakes("") == Messages{"an optimizer must be a name or {name: {arguments}}, not nothing"});
  CHECK(mistakes("{}") == Messages{"an optimizer must be a name or {name: {arguments}}, not an empty map"});
  CHECK(mistakes("{adam: 0.1}") == Messages{"the arguments of adam must be a map, not 0.1 [write adam: {argument: value}]"});
}

TEST_CASE("arguments that are not indented under their name are recognised") {
  CHECK(mistakes("adam:\nlr: 0.1\n") == Messages{"an optimizer is one name with its arguments, but here are 2 keys: adam, lr "
                                                 "[indent the arguments under 'adam:', or write adam: {argument: value}]"});
}

TEST_CASE("a table of types has a choice a type, and finds the type that was selected") {
  struct Type {
    Choice choice;
    int number;
  };
  const std::vector<Type> types = {{table()[0], 7}, {table()[1], 8}};
  const std::vector<Choice> choices = choices_of(types);
  REQUIRE(choices.size() == 2);
  CHECK(choices[1].declaration->name == "sgd");
  CHECK(type_of({"sgd", {}, {}}, types).number == 8);
  CHECK_THROWS_WITH_AS(type_of({"adagrad", {}, {}}, types), doctest::Contains("adagrad"), std::invalid_argument);
}
