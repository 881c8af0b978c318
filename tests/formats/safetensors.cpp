#include "engine/formats/safetensors.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

std::string little_endian(std::uint64_t value) { return {reinterpret_cast<const char*>(&value), sizeof(value)}; }

/// A file of this header and these data bytes.
std::string file_of(const std::string& header, const std::string& data) { return little_endian(header.size()) + header + data; }

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

/// The message of reading such a file.
std::string error_of(const std::string& content) {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.safetensors");
  write_text(path, content);
  const std::string message = input_error([&] { read_safetensors(path); });
  CHECK(message.starts_with(path + ": "));
  return message;
}

std::vector<float> read_one(const std::string& type, std::size_t count, const std::string& data) {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.safetensors");
  write_text(path, file_of(R"({"a":{"dtype":")" + type + R"(","shape":[)" + std::to_string(count) + R"(],"data_offsets":[0,)" +
                               std::to_string(data.size()) + "]}}",
                           data));
  return read_safetensors(path).tensors.at("a").values;
}

TEST_CASE("tensors that are put together one by one make the same file") {
  const TemporaryFolder folder;
  const SafeTensors content{{{"b", {{2}, {1, 2}}}, {"a", {{1, 1}, {3}}}, {"none", {{0}, {}}}}, {{"key", "value"}}};
  write_safetensors(folder.file("whole"), content);
  std::map<std::string, TensorSource> sources;
  for (const auto& [name, tensor] : content.tensors) sources[name] = {tensor.dims, [&values = tensor.values] { return values; }};
  write_safetensors(folder.file("one_by_one"), sources, content.metadata);
  CHECK(read_text(folder.file("one_by_one")) == read_text(folder.file("whole")));
  sources["a"].values = [] { return std::vector<float>(2); };
  CHECK_THROWS_WITH_AS(write_safetensors(folder.file("one_by_one"), sources, {}),
                       doctest::Contains("tensor 'a' has 2 values, which is not the product of [1, 1]"), std::runtime_error);
  CHECK(read_text(folder.file("one_by_one")) == read_text(folder.file("whole")));
}

TEST_CASE("what is written to a safetensors file is read back, to the bit") {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.safetensors");
  SafeTensors content;
  content.metadata = {{"config", "name: \"é\"\n\t# comment"}, {"empty", ""}};
  content.tensors["fc.weight"] = {{2, 3}, {0.0F, -0.0F, 1.5F, -1e-42F, 3e38F, std::numeric_limits<float>::infinity()}};
  content.tensors["fc.bias"] = {{2}, {std::numeric_limits<float>::quiet_NaN(), 7.0F}};
  content.tensors["scalar"] = {{}, {4.0F}};
  content.tensors["nothing"] = {{3, 0}, {}};
  write_safetensors(path, content);

  const SafeTensors again = read_safetensors(path);
  CHECK(again.metadata == content.metadata);
  REQUIRE(again.tensors.size() == content.tensors.size());
  for (const auto& [key, tensor] : content.tensors) {
    const std::string& name = key;  // clang 14 captures no structured binding
    CAPTURE(name);
    CHECK(again.tensors.at(name).dims == tensor.dims);
    CHECK(bytes_of(again.tensors.at(name).values) == bytes_of(tensor.values));
  }
}

TEST_CASE("a safetensors file without tensors is read back") {
  const TemporaryFolder folder;
  write_safetensors(folder.file("x"), {});
  CHECK(read_safetensors(folder.file("x")).tensors.empty());
}

TEST_CASE("the data of a written safetensors file begin at a multiple of 8 bytes") {
  const TemporaryFolder folder;
  for (const std::string name : {"a", "ab", "abc", "abcd", "abcde"}) {
    write_safetensors(folder.file(name), {{{name, {{1}, {1.0F}}}}, {}});
    const std::string text = read_text(folder.file(name));
    CHECK((text.size() - sizeof(float)) % 8 == 0);
    CHECK(text[8] == '{');
  }
}

TEST_CASE("every element type is converted to float") {
  CHECK(read_one("F64", 2, bytes_of<double>({0.5, -3.0})) == std::vector<float>{0.5F, -3.0F});
  CHECK(read_one("BF16", 2, bytes_of<std::uint16_t>({0x3F80, 0xC040})) == std::vector<float>{1.0F, -3.0F});
  CHECK(read_one("I64", 2, bytes_of<std::int64_t>({5, -6})) == std::vector<float>{5.0F, -6.0F});
  CHECK(read_one("I32", 2, bytes_of<std::int32_t>({5, -6})) == std::vector<float>{5.0F, -6.0F});
  CHECK(read_one("I16", 2, bytes_of<std::int16_t>({5, -6})) == std::vector<float>{5.0F, -6.0F});
  CHECK(read_one("I8", 2, bytes_of<std::int8_t>({5, -6})) == std::vector<float>{5.0F, -6.0F});
  CHECK(read_one("U8", 2, bytes_of<std::uint8_t>({5, 250})) == std::vector<float>{5.0F, 250.0F});
  CHECK(read_one("BOOL", 3, bytes_of<std::uint8_t>({0, 1, 2})) == std::vector<float>{0.0F, 1.0F, 1.0F});
}

TEST_CASE("half precision keeps subnormal numbers, zeros' signs, infinities and NaN") {
  const std::vector<float> values =
      read_one("F16", 8, bytes_of<std::uint16_t>({0x3C00, 0xC000, 0x7BFF, 0x0001, 0x03FF, 0x8000, 0x7C00, 0x7E00}));
  CHECK(values[0] == 1.0F);
  CHECK(values[1] == -2.0F);
  CHECK(values[2] == 65504.0F);
  CHECK(values[3] == 0x1p-24F);
  CHECK(values[4] == 1023 * 0x1p-24F);
  CHECK((values[5] == 0.0F && std::signbit(values[5])));
  CHECK(values[6] == std::numeric_limits<float>::infinity());
  CHECK(std::isnan(values[7]));
}

TEST_CASE("a tensor longer than a piece of the conversion is read whole") {
  std::vector<std::int32_t> numbers(40'000);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<std::int32_t>(i);
  const std::vector<float> values = read_one("I32", numbers.size(), bytes_of(numbers));
  REQUIRE(values.size() == numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) REQUIRE(values[i] == static_cast<float>(i));
}

TEST_CASE("tensors may stand in any order in the header, and an empty one between others") {
  const TemporaryFolder folder;
  const std::string path = folder.file("x");
  write_text(path, file_of(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},"e":{"dtype":"F32","shape":[0],"data_offsets":[1,1]},)"
                           R"("b":{"dtype":"U8","shape":[],"data_offsets":[0,1]}})",
                           "\x03\x04"));
  const SafeTensors file = read_safetensors(path);
  CHECK(file.tensors.at("a").values == std::vector<float>{4.0F});
  CHECK(file.tensors.at("b").values == std::vector<float>{3.0F});
  CHECK(file.tensors.at("e").values.empty());
}

TEST_CASE("a safetensors file cut off at any byte is an error with the file's name") {
  const TemporaryFolder folder;
  SafeTensors content;
  content.tensors["w"] = {{2, 2}, {1.0F, 2.0F, 3.0F, 4.0F}};
  content.metadata["config"] = "x";
  write_safetensors(folder.file("x"), content);
  const std::string whole = read_text(folder.file("x"));
  for (std::size_t length = 0; length < whole.size(); ++length) error_of(whole.substr(0, length));
  CHECK(contains(error_of(whole + "x"), "bytes behind its header"));
}

TEST_CASE("a safetensors header that lies is an error that says how") {
  const auto header_error = [](const std::string& header) { return error_of(file_of(header, std::string(8, '\0'))); };
  const auto tensor_error = [&](const std::string& tensor) { return header_error(R"({"w":)" + tensor + "}"); };

  CHECK(contains(error_of(little_endian(std::numeric_limits<std::uint64_t>::max()) + "{}"), "claims a header"));
  CHECK(contains(header_error("{]"), "not valid JSON"));
  CHECK(contains(header_error(R"({"w": "\xff"})"), "not valid JSON"));
  CHECK(contains(header_error("[]"), "not a JSON object"));
  CHECK(contains(header_error(std::string(100'000, '[')), "nested too deeply"));
  CHECK(contains(header_error(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"w":{}})"), "'w' stands in it twice"));
  CHECK(contains(header_error(R"({"__metadata__":{"a":1}})"), "is not a string"));
  CHECK(contains(header_error(R"({"__metadata__":[]})"), "is not an object"));
  CHECK(contains(tensor_error("1"), "tensor 'w' is not an object"));
  CHECK(contains(tensor_error(R"({"shape":[2],"data_offsets":[0,8]})"), "no dtype"));
  CHECK(contains(tensor_error(R"({"dtype":"F32","data_offsets":[0,8]})"), "no valid shape"));
  CHECK(contains(tensor_error(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})"), "no valid shape"));
  CHECK(contains(tensor_error(R"({"dtype":"F32","shape":[1.5],"data_offsets":[0,8]})"), "no valid shape"));
  CHECK(contains(tensor_error(R"({"dtype":"F32","shape":[2],"data_offsets":[0]})"), "no valid data_offsets"));
  CHECK(contains(tensor_error(R"({"dtype":"Q4","shape":[2],"data_offsets":[0,8]})"), "element type 'Q4'; possible are F32, F64"));
  CHECK(contains(tensor_error(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})"), "does not agree with its data_offsets"));
  CHECK(contains(tensor_error(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})"), "outside the file"));
  CHECK(contains(tensor_error(R"({"dtype":"F32","shape":[2],"data_offsets":[8,16]})"), "outside the file"));
  CHECK(contains(tensor_error(R"({"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]})"), "larger than the file"));
  CHECK(contains(tensor_error(R"({"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]})"), "no valid shape"));
}

TEST_CASE("tensors that overlap or leave a hole are an error") {
  const auto error = [](const std::string& first, const std::string& second) {
    return error_of(file_of(
        R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)" + first + R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + second + "}}",
        std::string(9, '\0')));
  };
  CHECK(contains(error("[0,4]", "[3,7]"), "tensor 'b' begins at byte 3 instead of 4"));
  CHECK(contains(error("[0,4]", "[5,9]"), "tensor 'b' begins at byte 5 instead of 4"));
}

TEST_CASE("a missing safetensors file, or a folder, is an error that says so") {
  const TemporaryFolder folder;
  CHECK(contains(input_error([&] { read_safetensors(folder.file("none")); }), "No such file"));
  CHECK(contains(input_error([&] { read_safetensors(folder.path().string()); }), "is a folder"));
  CHECK(contains(input_error([&] { read_safetensors("/dev/null"); }), "not a regular file"));
}

TEST_CASE("content that no safetensors file can hold is not written") {
  const TemporaryFolder folder;
  const std::string path = folder.file("x");
  CHECK_THROWS_AS(write_safetensors(path, {{{"w", {{2}, {1.0F}}}}, {}}), std::runtime_error);
  CHECK_THROWS_AS(write_safetensors(path, {{{"__metadata__", {{1}, {1.0F}}}}, {}}), std::runtime_error);
  CHECK_THROWS_AS(write_safetensors(path, {{}, {{"config", "\xff"}}}), std::runtime_error);
  CHECK(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace cnnctl
