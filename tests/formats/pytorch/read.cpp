#include <doctest/doctest.h>

#include <numeric>

#include "engine/formats/weights_file.h"
#include "tests/formats/pytorch/support.h"

namespace cnnctl {
namespace {

using Dims = std::vector<std::int64_t>;

std::vector<float> counted(std::size_t count) {
  std::vector<float> values(count);
  std::iota(values.begin(), values.end(), 0.0F);
  return values;
}

void check_network(const PyTorchFile& file) {
  const auto& tensors = file.content.tensors;
  REQUIRE(tensors.size() == 7);
  CHECK(tensors.at("0.weight").dims == Dims{2, 3});
  CHECK(floats_of(tensors.at("0.weight")) == counted(6));
  CHECK(floats_of(tensors.at("0.bias")) == std::vector<float>{0.5F, -0.5F});
  CHECK(floats_of(tensors.at("1.running_var")) == std::vector<float>{1.0F, 1.0F});
  CHECK(tensors.at("1.num_batches_tracked").type->name == "I64");
  CHECK(tensors.at("1.num_batches_tracked").dims.empty());
}

}  // namespace

TEST_CASE("a state_dict that PyTorch wrote is read, by protocol 2 and 4") {
  for (const char* name : {"state_dict.pth", "protocol4.pth"}) {
    const PyTorchFile file = read_pytorch(fixture(name));
    check_network(file);
    CHECK(file.key.empty());
    CHECK(file.left_out.empty());
    CHECK(file.shared.empty());
  }
  CHECK(read_pytorch(fixture("nothing.pth")).content.tensors.empty());
}

TEST_CASE("a state_dict is found under a usual name, else where it is the only dictionary of tensors") {
  const PyTorchFile checkpoint = read_pytorch(fixture("checkpoint.pth"));
  check_network(checkpoint);
  CHECK(checkpoint.key == "state_dict");
  CHECK(checkpoint.left_out == std::vector<std::string>{"epoch", "best", "seed", "optimizer"});
  const PyTorchFile other = read_pytorch(fixture("other_name.pth"));
  check_network(other);
  CHECK(other.key == "ema");
  CHECK(other.left_out == std::vector<std::string>{"lr"});
}

TEST_CASE("every type of elements that PyTorch and safetensors have in common is read as it is") {
  const auto tensors = read_pytorch(fixture("types.pth")).content.tensors;
  const std::map<std::string, std::string> types = {{"float32", "F32"}, {"float64", "F64"}, {"float16", "F16"}, {"bfloat16", "BF16"},
                                                    {"int64", "I64"},   {"int32", "I32"},   {"int16", "I16"},   {"int8", "I8"}};
  for (const auto& [key, type] : types) {
    const std::string& name = key;  // clang 14 captures no structured binding
    CAPTURE(name);
    CHECK(tensors.at(name).type->name == type);
    CHECK(floats_of(tensors.at(name)) == std::vector<float>{0, 1, 2, -3});
  }
  CHECK(tensors.at("uint8").type->name == "U8");
  CHECK(floats_of(tensors.at("uint8")) == std::vector<float>{0, 1, 2, 253});
  CHECK(tensors.at("bool").type->name == "BOOL");
  CHECK(floats_of(tensors.at("bool")) == std::vector<float>{0, 1, 1, 0});
  CHECK(tensors.size() == 10);
}

TEST_CASE("views of shared storages are read in C order, whatever their strides") {
  const PyTorchFile file = read_pytorch(fixture("views.pth"));
  const auto check = [&](const std::string& name, const Dims& dims, const std::vector<float>& values) {
    CAPTURE(name);
    CHECK(file.content.tensors.at(name).dims == dims);
    CHECK(floats_of(file.content.tensors.at(name)) == values);
  };
  check("whole", {24}, counted(24));
  check("middle", {3}, {5, 6, 7});
  check("every_third", {8}, {1, 4, 7, 10, 13, 16, 19, 22});
  check("transposed", {4, 3}, {0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11});
  check("permuted", {4, 2, 3}, {0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21, 2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23});
  check("channels_last", {1, 2, 3, 4}, counted(24));
  check("expanded", {2, 3}, {1, 1, 1, 2, 2, 2});
  check("scalar", {}, {7});
  check("empty", {0, 3}, {});
  check("parameter", {2}, {0, 1});
  check("tied", {2}, {0, 1});
  CHECK(file.shared == std::vector<std::string>{"whole", "every_third", "middle", "tied"});
}

TEST_CASE("weights are read from either form, told apart by content") {
  const TemporaryFolder folder;
  const SafeTensors from_pytorch = read_weights(fixture("state_dict.pth"));
  write_safetensors(folder.file("x.pth"), from_pytorch);
  const SafeTensors from_safetensors = read_weights(folder.file("x.pth"));
  REQUIRE(from_safetensors.tensors.size() == 7);
  for (const auto& [name, tensor] : from_pytorch.tensors) CHECK(from_safetensors.tensors.at(name).values == tensor.values);
}

TEST_CASE("what is no state_dict is refused with what it is and what to do") {
  const auto error = [](const std::string& name) { return input_error([&] { read_pytorch(fixture(name)); }); };
  CHECK(contains(error("old_form.pth"), "is in the form of PyTorch before 1.6, which is not read; write it anew in Python: torch.save("));
  CHECK(contains(error("whole_module.pth"), "uses torch.nn.modules.container.Sequential, which is no part of tensors and dictionaries"));
  CHECK(contains(error("system.pth"), "system.pth: uses posix.system, which is no part of tensors and dictionaries; nothing was run"));
  CHECK(contains(error("system_protocol4.pth"), "uses posix.system, "));
  CHECK(contains(error("sparse.pth"), "uses torch._utils._rebuild_sparse_tensor"));
  CHECK(contains(error("complex.pth"), "uses torch.ComplexFloatStorage, which is a type of elements that cannot be read"));
  CHECK(contains(error("one_tensor.pth"), "holds no state_dict, a dictionary of tensors, but another value"));
  CHECK(contains(error("no_tensors.pth"), "holds no state_dict, a dictionary of tensors; there is 'epoch', 'lr'"));
  CHECK(contains(error("several.pth"), "holds several dictionaries of tensors ('student', 'teacher')"));
  CHECK(contains(error("compressed.pth"), "has its entry state_dict/data.pkl compressed"));
  CHECK(contains(error("big_endian.pth"), "was written on a big-endian machine"));
  CHECK(contains(error("missing.pth"), "No such file"));
  CHECK(contains(input_error([] { read_pytorch(CNNCTL_SOURCE_DIR); }), "is a folder"));
  CHECK(contains(error_of_content("nonsense"), "is no file of PyTorch's: it is no zip archive"));
  CHECK(contains(error_of_content(""), "is no zip archive"));
}

TEST_CASE("a dictionary that contains itself comes to an end") {
  const PyTorchFile file = read_pytorch(fixture("recursive.pth"));
  CHECK(floats_of(file.content.tensors.at("w")) == std::vector<float>{0, 1});
}

TEST_CASE("a file of PyTorch's cut off at any byte is an error with the file's name") {
  const std::string whole = read_text(fixture("state_dict.pth"));
  REQUIRE(whole.size() > 2000);
  for (std::size_t length = 0; length < whole.size(); ++length) error_of_content(whole.substr(0, length));
}

TEST_CASE("a file of PyTorch's with any byte changed is read or refused") {
  const std::string whole = read_text(fixture("state_dict.pth"));
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0x55);
    const MemoryFile file(changed);
    try {
      read_pytorch(file.path());
    } catch (const InputError& error) {
      CHECK(std::string(error.what()).starts_with(file.path() + ": "));
    }
  }
}

TEST_CASE("a storage whose bytes do not agree with their checksum is an error") {
  std::string content = read_text(fixture("state_dict.pth"));
  const std::string numbers("\x00\x00\x80\x3f\x00\x00\x00\x40", 8);  // 1.0 and 2.0
  const std::size_t place = content.find(numbers);
  REQUIRE(place != std::string::npos);
  content[place] = 1;
  CHECK(contains(error_of_content(content), "has a damaged entry state_dict/data/0 (CRC error)"));
}

}  // namespace cnnctl
