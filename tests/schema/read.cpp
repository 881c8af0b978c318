#include <doctest/doctest.h>

#include "engine/schema/interval.h"
#include "engine/schema/schema.h"
#include "tests/schema/support.h"

using namespace cnnctl;

namespace {

/// What reading `text` as a T gives; nothing, and the message in `message`, where it is none.
template <class T>
std::optional<T> read(const std::string& text, std::string& message, const Range& range = {}, std::vector<std::string> choices = {}) {
  Argument argument;
  argument.name = "kernel_size";
  argument.owner = "conv";
  argument.range = range;
  argument.choices = std::move(choices);
  Diagnostics diagnostics;
  T out{};
  const T untouched = out;
  const bool was_read = read_value(yaml(text), argument, out, diagnostics);
  CHECK(was_read != diagnostics.has_errors());
  message = diagnostics.has_errors() ? messages(diagnostics)[0] : "";
  if (was_read) return out;
  CHECK(out == untouched);
  return std::nullopt;
}

template <class T>
std::optional<T> read(const std::string& text) {
  std::string ignored;
  return read<T>(text, ignored);
}

/// The message for `text` as a T.
template <class T>
std::string mistake(const std::string& text, const Range& range = {}, std::vector<std::string> choices = {}) {
  std::string message;
  CHECK_FALSE(read<T>(text, message, range, std::move(choices)));
  return message;
}

}  // namespace

TEST_CASE("integers are decimal, with a sign at most") {
  CHECK(read<std::int64_t>("5") == 5);
  CHECK(read<std::int64_t>("-5") == -5);
  CHECK(read<std::int64_t>("+5") == 5);
  CHECK(read<std::int64_t>("0") == 0);
  CHECK(read<std::int64_t>("9223372036854775807") == INT64_MAX);
  CHECK(read<std::int64_t>("-9223372036854775808") == INT64_MIN);
}

TEST_CASE("what only looks like an integer is none") {
  for (const char* text : {"3.0", "1e3", "0x10", "010", "0o7", "1_000", "abc", "true", "+-5", "-", "5 5", "5x", "1,000"}) {
    CAPTURE(text);
    CHECK(mistake<std::int64_t>(text).starts_with("kernel_size of conv must be an integer, not "));
  }
  CHECK(mistake<std::int64_t>("abc") == "kernel_size of conv must be an integer, not 'abc'");
  CHECK(mistake<std::int64_t>("3.0") == "kernel_size of conv must be an integer, not 3.0");
  CHECK(mistake<std::int64_t>("'5'") == "kernel_size of conv must be an integer, not the text \"5\" [remove the quotes]");
  CHECK(mistake<std::int64_t>("") == "kernel_size of conv must be an integer, not nothing");
  CHECK(mistake<std::int64_t>("[5]") == "kernel_size of conv must be an integer, not a list");
  CHECK(mistake<std::int64_t>("{a: 5}") == "kernel_size of conv must be an integer, not a map");
}

TEST_CASE("a number that 64 bits cannot hold is an error") {
  CHECK(mistake<std::int64_t>("9223372036854775808") == "kernel_size of conv does not fit into 64 bits: 9223372036854775808");
  CHECK(mistake<double>("1e400") == "kernel_size of conv does not fit into 64 bits: 1e400");
}

TEST_CASE("a number beyond float's is an error, since all is computed in float") {
  CHECK(mistake<double>("1e39") == "kernel_size of conv does not fit into a float: 1e39");
  CHECK(mistake<double>("-1e300") == "kernel_size of conv does not fit into a float: -1e300");
  CHECK(read<double>("3e38") == 3e38);
}

TEST_CASE("numbers may have a fraction and an exponent") {
  CHECK(read<double>("1e-3") == 0.001);
  CHECK(read<double>("1.5e3") == 1500.0);
  CHECK(read<double>("-2.5E+1") == -25.0);
  CHECK(read<double>("+.5") == 0.5);
  CHECK(read<double>("5.") == 5.0);
  CHECK(read<double>("0.1") == 0.1);
  CHECK(read<double>("7") == 7.0);
}

TEST_CASE("infinity, not-a-number and other notations are no numbers") {
  for (const char* text :
       {".inf", "-.inf", ".nan", "inf", "nan", "infinity", "0x1p3", "0x10", "1e", "e3", ".", "1.2.3", "01.5", "1e5.0", "--1", "'1'"}) {
    CAPTURE(text);
    CHECK(mistake<double>(text).starts_with("kernel_size of conv must be a number, not "));
  }
}

TEST_CASE("a number out of range is an error that says the range") {
  CHECK(mistake<std::int64_t>("0", at_least(1)) == "kernel_size of conv must be at least 1, not 0");
  CHECK(mistake<double>("1", from_below(0, 1)) == "kernel_size of conv must be in [0, 1), not 1");
  CHECK(mistake<double>("0", above(0)) == "kernel_size of conv must be above 0, not 0");
  CHECK(mistake<double>("1.5", between(0, 1)) == "kernel_size of conv must be in [0, 1], not 1.5");
  std::string message;
  CHECK(read<std::int64_t>("1", message, at_least(1)) == 1);
  CHECK(read<double>("0", message, from_below(0, 1)) == 0.0);
  CHECK(read<double>("1", message, between(0, 1)) == 1.0);
}

TEST_CASE("true and false are the only booleans") {
  CHECK(read<bool>("true") == true);
  CHECK(read<bool>("false") == false);
  CHECK(mistake<bool>("yes") == "kernel_size of conv must be true or false, not 'yes' [write true or false]");
  CHECK(mistake<bool>("1") == "kernel_size of conv must be true or false, not 1 [write true or false]");
  CHECK(mistake<bool>("'true'") == "kernel_size of conv must be true or false, not the text \"true\"");
  CHECK(mistake<bool>("maybe") == "kernel_size of conv must be true or false, not 'maybe'");
}

TEST_CASE("any scalar is a text, quoted or not") {
  CHECK(read<std::string>("data/mnist") == "data/mnist");
  CHECK(read<std::string>("'5'") == "5");
  CHECK(read<std::string>("5") == "5");
  CHECK(mistake<std::string>("[a]") == "kernel_size of conv must be a text, not a list");
  CHECK(mistake<std::string>("~") == "kernel_size of conv must be a text, not nothing");
}

TEST_CASE("a text with choices is one of them") {
  std::string message;
  CHECK(read<std::string>("bf16", message, {}, {"f32", "bf16"}) == "bf16");
  CHECK(mistake<std::string>("bf61", {}, {"f32", "bf16"}) ==
        "kernel_size of conv must be one of f32, bf16, not 'bf61'; did you mean 'bf16'?");
  CHECK(mistake<std::string>("double", {}, {"f32", "bf16"}) == "kernel_size of conv must be one of f32, bf16, not 'double'");
}

TEST_CASE("a size is one number for both or height and width") {
  CHECK(read<Size>("3") == Size{3, 3});
  CHECK(read<Size>("[3, 5]") == Size{3, 5});
  CHECK(mistake<Size>("abc") == "kernel_size of conv must be an integer or [height, width], not 'abc'");
  CHECK(mistake<Size>("[3]") == "kernel_size of conv must be an integer or [height, width], not a list of 1 values");
  CHECK(mistake<Size>("[3, 3, 3]") == "kernel_size of conv must be an integer or [height, width], not a list of 3 values");
  CHECK(mistake<Size>("[3, x]") == "kernel_size of conv must be an integer, not 'x'");
  CHECK(mistake<Size>("[0, 3]", at_least(1)) == "kernel_size of conv must be at least 1, not 0");
  CHECK(mistake<Size>("0", at_least(1)) == "kernel_size of conv must be at least 1, not 0");
  CHECK(mistake<Size>("same") == "kernel_size of conv must be an integer or [height, width], not 'same'");
}

TEST_CASE("a padding is a size or the word same") {
  CHECK(read<Padding>("same") == Padding{true, {}});
  CHECK(read<Padding>("2") == Padding{false, {2, 2}});
  CHECK(read<Padding>("[1, 2]") == Padding{false, {1, 2}});
  CHECK(mistake<Padding>("valid") == "kernel_size of conv must be an integer, [height, width] or same, not 'valid'");
}

TEST_CASE("the size of an image is one number for its shorter side, or height and width") {
  CHECK(read<ImageSize>("256") == ImageSize{true, {256, 256}});
  CHECK(read<ImageSize>("[224, 320]") == ImageSize{false, {224, 320}});
  CHECK(mistake<ImageSize>("[224]") == "kernel_size of conv must be an integer or [height, width], not a list of 1 values");
  CHECK(mistake<ImageSize>("0", at_least(1)) == "kernel_size of conv must be at least 1, not 0");
}

TEST_CASE("a spread is one number or two, the lower first") {
  CHECK(read<Spread>("0.4") == Spread{true, 0.4, 0.4});
  CHECK(read<Spread>("[-1, 2]") == Spread{false, -1, 2});
  CHECK(mistake<Spread>("[2, 1]") != "");
  CHECK(mistake<Spread>("[1]") != "");
  CHECK(mistake<Spread>("1e300") == "kernel_size of conv does not fit into a float: 1e300");
  CHECK(mistake<Spread>("wide") == "kernel_size of conv must be a number or [low, high], not 'wide'");
}

TEST_CASE("lists of numbers are read item by item, and a wrong item is named") {
  CHECK(read<std::vector<double>>("[0.9, 1e-3]") == std::vector<double>{0.9, 0.001});
  CHECK(read<std::vector<std::int64_t>>("[]") == std::vector<std::int64_t>{});
  CHECK(read<std::vector<std::int64_t>>("[30, 60]") == std::vector<std::int64_t>{30, 60});
  CHECK(mistake<std::vector<std::int64_t>>("[30, 6.5]") == "kernel_size[1] of conv must be an integer, not 6.5");
  CHECK(mistake<std::vector<double>>("[1, 2]", from_below(0, 1)) == "kernel_size[0] of conv must be in [0, 1), not 1");
  CHECK(mistake<std::vector<double>>("0.9") == "kernel_size of conv must be a list of numbers, not 0.9");
}

TEST_CASE("a list of texts may be a single text") {
  CHECK(read<std::vector<std::string>>("[a.*, 'b']") == std::vector<std::string>{"a.*", "b"});
  CHECK(read<std::vector<std::string>>("a") == std::vector<std::string>{"a"});
  CHECK(mistake<std::vector<std::string>>("[[a]]") == "kernel_size[0] of conv must be a text, not a list");
  CHECK(mistake<std::vector<std::string>>("{a: 1}") == "kernel_size of conv must be a list of texts, not a map");
  CHECK(mistake<std::vector<std::string>>("[x]", {}, {"y"}) == "kernel_size[0] of conv must be one of y, not 'x'");
}

TEST_CASE("a duration is a number of epochs or of steps") {
  CHECK(read<Duration>("5 epochs") == Duration{5, Duration::Unit::epochs});
  CHECK(read<Duration>("1 epoch") == Duration{1, Duration::Unit::epochs});
  CHECK(read<Duration>("'500 steps'") == Duration{500, Duration::Unit::steps});
  CHECK(read<Duration>("0 steps") == Duration{0, Duration::Unit::steps});
  for (const char* text : {"5", "5 minutes", "epochs", "-1 epochs", "5epochs", "5 epochs ago", "1.5 epochs", "99999999999999999999 steps",
                           "2000000000 steps", "[5 epochs]", "~"}) {
    CAPTURE(text);
    CHECK(mistake<Duration>(text).starts_with("kernel_size of conv must be a number of epochs or steps, not "));
  }
  CHECK(mistake<Duration>("5") == "kernel_size of conv must be a number of epochs or steps, not 5 [write 5 epochs or 500 steps]");
}

TEST_CASE("an optional value is absent where it is empty or says none") {
  const auto read_optional = [](const std::string& text) {
    Diagnostics diagnostics;
    std::optional<double> out = 7.0;
    CHECK(read_value(yaml(text), Argument{}, out, diagnostics));
    return out;
  };
  CHECK(read_optional("none") == std::nullopt);
  CHECK(read_optional("") == std::nullopt);
  CHECK(read_optional("0.5") == 0.5);
}

TEST_CASE("a value of any kind is taken as it is") {
  Diagnostics diagnostics;
  Value out;
  CHECK(read_value(yaml("{a: [1]}"), Argument{}, out, diagnostics));
  CHECK(to_yaml_inline(out) == "{a: [1]}");
}

TEST_CASE("types and defaults are named as a config writes them") {
  CHECK(type_name(std::int64_t{}) == "integer");
  CHECK(type_name(Padding{}) == "padding");
  CHECK(type_name(std::optional<double>{}) == "number");
  CHECK(default_text(0.001) == "0.001");
  CHECK(default_text(1.0) == "1");
  CHECK(default_text(true) == "true");
  CHECK(default_text(std::string()) == "\"\"");
  CHECK(default_text(std::string("data/mnist")) == "data/mnist");
  CHECK(default_text(Size{2, 2}) == "2");
  CHECK(default_text(Size{2, 3}) == "[2, 3]");
  CHECK(default_text(Padding{true, {}}) == "same");
  CHECK(default_text(std::vector<double>{0.9, 0.999}) == "[0.9, 0.999]");
  CHECK(default_text(std::optional<double>{}) == "none");
  CHECK(type_name(Duration{}) == "duration");
  CHECK(type_name(Interval{}) == "interval");
  CHECK(default_text(Interval{5, Interval::Unit::minutes}) == "5 minutes");
  CHECK(default_text(Duration{1, Duration::Unit::epochs}) == "1 epoch");
  CHECK(default_text(Duration{20, Duration::Unit::steps}) == "20 steps");
  CHECK(type_name(std::vector<std::string>{}) == "list of strings");
  CHECK(default_text(std::vector<std::string>{"a", ""}) == "[a, \"\"]");
  CHECK(default_text(Value{}) == "none");
  CHECK(to_string(Size{5, 3}) == "5x3");
}
