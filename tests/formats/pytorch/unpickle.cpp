#include "engine/formats/pytorch/unpickle.h"

#include <doctest/doctest.h>

#include <limits>

#include "tests/formats/pytorch/support.h"

namespace cnnctl {
namespace {

std::string bytes(std::uint64_t value, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += static_cast<char>(value >> (8 * i) & 0xFF);
  return text;
}

std::string text(const std::string& value) { return "X" + bytes(value.size(), 4) + value; }
std::string integer(std::uint64_t value) { return "\x8A\x08" + bytes(value, 8); }

std::string tuple(const std::vector<std::uint64_t>& values) {
  std::string result = "(";
  for (const std::uint64_t value : values) result += integer(value);
  return result + "t";
}

/// A tensor of floats in the storage 0, as PyTorch writes it.
std::string tensor(std::uint64_t count, std::uint64_t offset, const std::vector<std::uint64_t>& dims,
                   const std::vector<std::uint64_t>& strides) {
  return "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\nFloatStorage\n" + text("0") + text("cpu") + integer(count) +
         "tQ" + integer(offset) + tuple(dims) + tuple(strides) + "\x89" + "}tR";
}

/// A file with one tensor called w.
std::string file_of(const std::string& pickled_tensor, const std::string& storage) {
  return archive_of("\x80\x02}" + text("w") + pickled_tensor + "s.", {{"0", storage}});
}

std::string error_of_pickle(const std::string& pickle) {
  const std::string message = input_error([&] { unpickle(pickle, "x.pth"); });
  CHECK(message.starts_with("x.pth: "));
  return message;
}

template <class T>
T value_of(const std::string& pickle) {
  const PickledValues values = unpickle(pickle, "x.pth");
  const T* value = values.get<T>(values.root);
  REQUIRE(value != nullptr);
  return *value;
}

constexpr std::uint64_t huge = std::uint64_t{1} << 62;

}  // namespace

TEST_CASE("numbers and texts of a pickle get their values") {
  CHECK(value_of<std::int64_t>("K\xFF.") == 255);
  CHECK(value_of<std::int64_t>(std::string("M\x01\x80.", 4)) == 0x8001);
  CHECK(value_of<std::int64_t>("J\xFE\xFF\xFF\xFF.") == -2);
  CHECK(value_of<std::int64_t>(std::string("\x8A\x00.", 3)) == 0);
  CHECK(value_of<std::int64_t>("\x8A\x01\xFF.") == -1);
  CHECK(value_of<std::int64_t>(std::string("\x8A\x02\xFF\x00.", 5)) == 255);
  CHECK(value_of<std::int64_t>("\x8A\x08" + bytes(1ULL << 63, 8) + ".") == std::numeric_limits<std::int64_t>::min());
  value_of<PickledOther>("\x8A\x09" + std::string(9, '\x01') + ".");
  CHECK(value_of<double>(std::string("G\xBF\xF8\0\0\0\0\0\0.", 10)) == -1.5);
  CHECK(value_of<bool>("\x88."));
  CHECK(value_of<std::string_view>("\x80\x04\x95" + bytes(5, 8) + "\x8C\x02hi.") == "hi");
  CHECK(value_of<std::string_view>("\x8D" + bytes(2, 8) + "hi.") == "hi");
}

TEST_CASE("an opcode that tensors do not need is refused by its name and place") {
  CHECK(error_of_pickle("\x80\x02(ios\nsystem\n.") ==
        "x.pth: its pickle has the opcode INST (0x69) at byte 3, which tensors and dictionaries do not need; nothing was run. If you trust "
        "the "
        "file, load it in Python and save the weights alone: torch.save(model.state_dict(), 'weights.pth')");
  CHECK(contains(error_of_pickle("\x80\x02)\x81."), "the opcode NEWOBJ (0x81) at byte 3"));
  CHECK(contains(error_of_pickle("\x80\x02\xFF"), "the opcode unknown (0xff) at byte 2"));
  CHECK(contains(error_of_pickle("cos\nsystem\n"), "uses os.system, which is no part of tensors and dictionaries; nothing was run"));
  CHECK(contains(error_of_pickle("c\x1B[31m\n" + std::string(200, 'x') + "\n"), "uses ?[31m." + std::string(80, 'x') + "..., which"));
}

TEST_CASE("a pickle that claims more than it has is refused before anything is allocated") {
  CHECK(contains(error_of_pickle("X\xFF\xFF\xFF\xFFzz."), "damaged at byte 0 (BINUNICODE): 4294967295 bytes wanted, 3 left"));
  CHECK(contains(error_of_pickle("\x8D" + bytes(~0ULL, 8)), "18446744073709551615 bytes wanted, 0 left"));
  CHECK(contains(error_of_pickle("Nr\xFF\xFF\xFF\xFF."), "the memo's place 4294967295, where 1000000 values are the most"));
  CHECK(contains(error_of_pickle(std::string(1'000'001, 'N')), "more than 1000000 values"));
  CHECK(contains(error_of_pickle(std::string((16 << 20) + 1, 'N')), "16777216 are the most"));
  CHECK_NOTHROW(unpickle(std::string(100'000, '(') + "N.", "x.pth"));
}

TEST_CASE("a pickle whose opcodes find no values is an error that says where") {
  const std::string no_value = "a value is missing";
  for (const char* pickle : {".", "a.", "s.", "R.", "b.", "Q.", "\x85.", "\x87.", "q\x01.", "\x94.", "N(a.", "N(.", "\x93."})
    CHECK(contains(error_of_pickle(std::string(pickle)), no_value));
  for (const char* pickle : {"t.", "e.", "u."}) CHECK(contains(error_of_pickle(pickle), "a mark is missing"));
  for (const char* pickle : {"NNa.", "N(e.", "NNNs.", "N(u.", "NNb."})
    CHECK(contains(error_of_pickle(pickle), "a value of another type is needed"));
  CHECK(contains(error_of_pickle("}(Nu."), "a key without a value"));
  CHECK(contains(error_of_pickle("h\x05."), "nothing is remembered as 5"));
  CHECK(contains(error_of_pickle("cos"), "a name without end"));
  CHECK(contains(error_of_pickle("NN\x93."), "a name is no text"));
  CHECK(contains(error_of_pickle("NQ."), "what it refers to is no storage"));
  CHECK(contains(error_of_pickle("N)R."), "a call needs a constructor and a tuple"));
  CHECK(contains(error_of_pickle("\x80\x06"), "damaged at byte 0 (PROTO): version 6 of the format; known are 2 to 5"));
  CHECK(contains(error_of_pickle(""), "damaged at byte 0: 1 bytes wanted, 0 left"));
}

TEST_CASE("a constructor takes what PyTorch gives it, and nothing else") {
  const std::string rebuild = "ctorch._utils\n_rebuild_tensor_v2\n";
  CHECK(contains(error_of_pickle(rebuild + ")R."), "torch._utils._rebuild_tensor_v2 gets arguments that it does not take"));
  CHECK(contains(error_of_pickle(rebuild + "(NNNNNNtR."), "gets arguments that it does not take"));
  CHECK(contains(error_of_pickle("ccollections\nOrderedDict\nN\x85R."), "collections.OrderedDict gets arguments"));
  CHECK(contains(error_of_pickle("ctorch\nFloatStorage\n)R."), "torch.FloatStorage gets arguments"));
  CHECK(contains(error_of_pickle("ctorch._utils\n_rebuild_parameter\n(NtR."), "torch._utils._rebuild_parameter gets arguments"));
  CHECK(value_of<PickledTuple>("ctorch\nSize\n(NNt\x85R.").items.size() == 2);
}

TEST_CASE("a list that contains itself is a value like any other") {
  const PickledValues values = unpickle("]q" + bytes(0, 1) + "h" + bytes(0, 1) + "a.", "x.pth");
  const auto* list = values.get<PickledList>(values.root);
  REQUIRE(list != nullptr);
  CHECK(list->items == std::vector<ValueId>{values.root});
}

TEST_CASE("a tensor has to lie in its storage, and the storage in the file") {
  const std::string six(24, '\0');
  const auto error = [&](std::uint64_t count, std::uint64_t offset, const std::vector<std::uint64_t>& dims,
                         const std::vector<std::uint64_t>& strides) {
    return error_of_content(file_of(tensor(count, offset, dims, strides), six));
  };
  const std::string beyond = "has a damaged tensor 'w': it reaches beyond the 6 numbers of its storage";
  CHECK(contains(error(6, 1, {6}, {1}), beyond));
  CHECK(contains(error(6, 6, {1}, {1}), beyond));
  CHECK(contains(error(6, huge, {1}, {1}), beyond));
  CHECK(contains(error(6, 0, {2}, {huge}), beyond));
  CHECK(contains(error(6, 0, {3, 2}, {2, 2}), beyond));
  CHECK(contains(error(6, 0, {7}, {1}), beyond));
  CHECK(contains(error(6, 0, {huge}, {1}), beyond));
  CHECK(contains(error(6, 0, {huge, huge}, {0, 0}), "has a damaged tensor 'w': its sizes are none"));
  CHECK(contains(error(6, 0, {~0ULL}, {1}), "its sizes are none"));
  CHECK(contains(error(6, 0, {2, 3}, {1}), "its sizes are none"));
  CHECK(contains(error(6, 0, std::vector<std::uint64_t>(65, 1), std::vector<std::uint64_t>(65, 1)), "its sizes are none"));
  CHECK(contains(error(7, 0, {1}, {1}), "has 24 bytes in its entry data/0, but tensor 'w' needs 7 numbers of 4 bytes"));
  CHECK(contains(error(huge, 0, {1}, {1}), "has 24 bytes in its entry data/0"));
  CHECK(contains(error_of_content(archive_of("\x80\x02}" + text("w") + tensor(1, 0, {1}, {1}) + "s.")),
                 "has no entry data/0, which tensor 'w' needs"));
}

TEST_CASE("tensors that repeat their numbers without bound are refused") {
  const std::string message = error_of_content(file_of(tensor(6, 0, {1 << 30}, {0}), std::string(24, '\0')));
  CHECK(contains(message, "share or repeat their numbers so much that they would take more than 16 times the file"));
  std::string pickle = "\x80\x02}(" + text("w") + tensor(250, 0, {250}, {1}) + "r" + bytes(7, 4);
  for (int i = 0; i < 100; ++i) pickle += text(std::to_string(i)) + "j" + bytes(7, 4);
  CHECK(contains(error_of_content(archive_of(pickle + "u.", {{"0", std::string(1000, '\0')}})), "16 times the file"));
}

TEST_CASE("the strides of dimensions of 1 may be anything") {
  const TemporaryFolder folder;
  write_text(folder.file("x.pth"), file_of(tensor(2, 0, {1, 2, 1}, {huge, 1, huge}), std::string(8, '\0')));
  CHECK(floats_of(read_pytorch(folder.file("x.pth")).content.tensors.at("w")) == std::vector<float>{0, 0});
}

}  // namespace cnnctl
