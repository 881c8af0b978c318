#include "engine/formats/npy.h"

#include <doctest/doctest.h>

#include <cstring>

#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

/// A version 1 file of this header and these data.
std::string file_of(const std::string& header, const std::string& data) {
  const auto length = static_cast<std::uint16_t>(header.size());
  return std::string("\x93NUMPY\x01\x00", 8) + std::string(reinterpret_cast<const char*>(&length), 2) + header + data;
}

std::string header_of(const std::string& descr, const std::string& shape) {
  return "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }  \n";
}

NpyArray read(const std::string& content) {
  const TemporaryFolder folder;
  write_text(folder.file("x.npy"), content);
  return read_npy(folder.file("x.npy"));
}

std::string error_of(const std::string& content) {
  const std::string message = input_error([&] { read(content); });
  CHECK(contains(message, "x.npy: "));
  return message;
}

TEST_CASE("what is written to a npy file is read back") {
  const TemporaryFolder folder;
  const std::vector<float> values = {1.0F, -2.5F, 3e-40F, 4.0F, 5.0F, 6.0F};
  for (const std::vector<std::int64_t>& dims : std::vector<std::vector<std::int64_t>>{{6}, {2, 3}, {1, 2, 3, 1}}) {
    write_npy(folder.file("x.npy"), dims, values);
    const NpyArray array = read_npy(folder.file("x.npy"));
    CHECK(array.type == NpyArray::Type::float32);
    CHECK(array.dims == dims);
    REQUIRE(array.bytes.size() == values.size() * sizeof(float));
    CHECK(std::memcmp(array.bytes.data(), values.data(), array.bytes.size()) == 0);
  }
}

TEST_CASE("a written npy file is what numpy.save writes, to the byte") {
  const TemporaryFolder folder;
  write_npy(folder.file("x.npy"), {2, 1}, std::vector<float>{0.0F, 0.0F});
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }";
  header.resize(117, ' ');
  CHECK(read_text(folder.file("x.npy")) == file_of(header + "\n", std::string(8, '\0')));
}

TEST_CASE("npy files of every element type, of both versions, and of a scalar are read") {
  CHECK(read(file_of(header_of("|u1", "(2,)"), "ab")).type == NpyArray::Type::uint8);
  CHECK(read(file_of(header_of("<i4", "(1,)"), std::string(4, 'x'))).type == NpyArray::Type::int32);
  CHECK(read(file_of(header_of("<i8", "(1, 1)"), std::string(8, 'x'))).type == NpyArray::Type::int64);
  CHECK(read(file_of(header_of("<f8", "(1)"), std::string(8, 'x'))).type == NpyArray::Type::float64);
  CHECK(read(file_of(header_of("<f4", "()"), std::string(4, 'x'))).dims.empty());
  CHECK(read(file_of(header_of("<f4", "(0, 5)"), "")).bytes.empty());
  CHECK(read(file_of(R"({"shape":(1,),"descr":"|u1","fortran_order":False})", "x")).dims == std::vector<std::int64_t>{1});

  const std::string header = header_of("|u1", "(1,)");
  const auto length = static_cast<std::uint32_t>(header.size());
  CHECK(read(std::string("\x93NUMPY\x02\x00", 8) + std::string(reinterpret_cast<const char*>(&length), 4) + header + "x").bytes.size() ==
        1);
}

TEST_CASE("a npy file cut off at any byte is an error with the file's name") {
  const std::string whole = file_of(header_of("<f4", "(2,)"), std::string(8, 'x'));
  for (std::size_t length = 0; length < whole.size(); ++length) error_of(whole.substr(0, length));
  CHECK(contains(error_of(whole + "x"), "holds 9 bytes of data"));
}

TEST_CASE("a npy file that cannot be used is an error that says why") {
  CHECK(contains(error_of("PK\x03\x04 and so on"), "does not begin with"));
  CHECK(contains(error_of(std::string("\x93NUMPY\x03\x00", 8) + "xxxx"), "version 3"));
  CHECK(contains(error_of(file_of(header_of("<f2", "(1,)"), "xx")), "type '<f2'; possible are uint8"));
  CHECK(contains(error_of(file_of(header_of(">f4", "(1,)"), "xxxx")), "type '>f4'"));
  CHECK(contains(error_of(file_of("{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }", "xxxx")), "Fortran order"));
  CHECK(contains(error_of(file_of(header_of("<f4", "(4611686018427387904, 4)"), "xxxx")), "not an array of"));
  CHECK(contains(error_of(file_of(header_of("<f4", "(4611686018427387904,)"), "")), "not an array of"));
}

TEST_CASE("a npy header that is not the dictionary of the format is an error") {
  for (const std::string header :
       {"", "{", "}", "{}", "{'descr': '<f4'}", "{'descr': '<f4, 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1 1)}", "{'descr': '<f4', 'fortran_order': False, 'shape': (1,}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f4', 'fortran_order': False 'shape': (1,)}", "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "{'descr' '<f4', 'fortran_order': False, 'shape': (1,)}"}) {
    CAPTURE(header);
    CHECK(contains(error_of(file_of(header, "xxxx")), "damaged .npy header"));
  }
}

TEST_CASE("values that do not fill the dimensions are not written") {
  const TemporaryFolder folder;
  CHECK_THROWS_AS(write_npy(folder.file("x.npy"), {2, 2}, std::vector<float>{1.0F}), std::runtime_error);
  CHECK(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace cnnctl
