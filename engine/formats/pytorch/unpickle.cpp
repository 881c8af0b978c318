#include "engine/formats/pytorch/unpickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "engine/diagnostics/diagnostic.h"
#include "engine/formats/pytorch/globals.h"
#include "engine/formats/pytorch/rebuild.h"

namespace cnnctl {
namespace {

constexpr std::size_t longest_pickle = std::size_t{16} << 20;  // bytes: the largest networks' take a tenth
constexpr std::size_t most_values = 1'000'000;
constexpr ValueId no_value = ~ValueId{0};

/// The machine that a pickle's opcodes drive: a stack of values, marks in it, and a memo of values to use again.
class Unpickler {
 public:
  Unpickler(std::string_view text, const std::string& path) : text_(text), path_(path) {}

  PickledValues run();

 private:
  struct Instruction {
    unsigned char opcode;
    const char* name;
    void (Unpickler::*run)();  // null where tensors and dictionaries do not need it
  };
  static const std::array<Instruction, 67> instructions;

  void step();
  [[noreturn]] void fail(std::string_view what) const;

  // The text.
  std::string_view take(std::uint64_t count);
  std::string_view take_line();
  template <class T>
  T number();

  // The stack.
  void push(PickledValue value);
  ValueId pop();
  std::vector<ValueId> pop_to_mark();
  std::vector<ValueId> pop_items(std::size_t count);
  template <class T>
  T& top();

  // Opcodes.
  void protocol();
  void skip_frame() { number<std::uint64_t>(); }
  void stop() { done_ = true; }
  void mark() { marks_.push_back(stack_.size()); }
  void none() { push({}); }
  template <bool value>
  void boolean() {
    push(value);
  }
  template <class T>
  void integer() {
    push(std::int64_t{number<T>()});
  }
  void long_integer();
  void real();
  template <class Length>
  void text() {
    push(take(number<Length>()));
  }
  template <class Length>
  void bytes() {
    take(number<Length>());
    push(PickledOther{});
  }
  void empty_tuple() { push(PickledTuple{}); }
  void tuple() { push(PickledTuple{pop_to_mark()}); }
  template <std::size_t count>
  void short_tuple() {
    push(PickledTuple{pop_items(count)});
  }
  void empty_list() { push(PickledList{}); }
  void append();
  void appends();
  void empty_dict() { push(PickledDict{}); }
  void set_item();
  void set_items();
  template <class Index>
  void put() {
    remember(number<Index>());
  }
  void memoize() { remember(memo_.size()); }
  void remember(std::uint64_t index);
  template <class Index>
  void get();
  void global();
  void stack_global();
  void persistent_id();
  void reduce();
  void build();

  std::string_view text_;
  const std::string& path_;
  std::size_t position_ = 0;
  std::size_t opcode_position_ = 0;
  const Instruction* instruction_ = nullptr;
  bool done_ = false;
  PickledValues values_;
  std::vector<ValueId> stack_;
  std::vector<std::size_t> marks_;
  std::vector<ValueId> memo_;
};

const std::array<Unpickler::Instruction, 67> Unpickler::instructions = {{
    {0x80, "PROTO", &Unpickler::protocol},
    {0x95, "FRAME", &Unpickler::skip_frame},
    {'.', "STOP", &Unpickler::stop},
    {'(', "MARK", &Unpickler::mark},
    {'N', "NONE", &Unpickler::none},
    {0x88, "NEWTRUE", &Unpickler::boolean<true>},
    {0x89, "NEWFALSE", &Unpickler::boolean<false>},
    {'J', "BININT", &Unpickler::integer<std::int32_t>},
    {'K', "BININT1", &Unpickler::integer<std::uint8_t>},
    {'M', "BININT2", &Unpickler::integer<std::uint16_t>},
    {0x8A, "LONG1", &Unpickler::long_integer},
    {'G', "BINFLOAT", &Unpickler::real},
    {'X', "BINUNICODE", &Unpickler::text<std::uint32_t>},
    {0x8C, "SHORT_BINUNICODE", &Unpickler::text<std::uint8_t>},
    {0x8D, "BINUNICODE8", &Unpickler::text<std::uint64_t>},
    {'B', "BINBYTES", &Unpickler::bytes<std::uint32_t>},
    {'C', "SHORT_BINBYTES", &Unpickler::bytes<std::uint8_t>},
    {0x8E, "BINBYTES8", &Unpickler::bytes<std::uint64_t>},
    {')', "EMPTY_TUPLE", &Unpickler::empty_tuple},
    {'t', "TUPLE", &Unpickler::tuple},
    {0x85, "TUPLE1", &Unpickler::short_tuple<1>},
    {0x86, "TUPLE2", &Unpickler::short_tuple<2>},
    {0x87, "TUPLE3", &Unpickler::short_tuple<3>},
    {']', "EMPTY_LIST", &Unpickler::empty_list},
    {'a', "APPEND", &Unpickler::append},
    {'e', "APPENDS", &Unpickler::appends},
    {'}', "EMPTY_DICT", &Unpickler::empty_dict},
    {'s', "SETITEM", &Unpickler::set_item},
    {'u', "SETITEMS", &Unpickler::set_items},
    {'q', "BINPUT", &Unpickler::put<std::uint8_t>},
    {'r', "LONG_BINPUT", &Unpickler::put<std::uint32_t>},
    {0x94, "MEMOIZE", &Unpickler::memoize},
    {'h', "BINGET", &Unpickler::get<std::uint8_t>},
    {'j', "LONG_BINGET", &Unpickler::get<std::uint32_t>},
    {'c', "GLOBAL", &Unpickler::global},
    {0x93, "STACK_GLOBAL", &Unpickler::stack_global},
    {'Q', "BINPERSID", &Unpickler::persistent_id},
    {'R', "REDUCE", &Unpickler::reduce},
    {'b', "BUILD", &Unpickler::build},
    // The rest is known by its name alone, for the message.
    {'P', "PERSID", nullptr},
    {'I', "INT", nullptr},
    {'L', "LONG", nullptr},
    {'F', "FLOAT", nullptr},
    {'S', "STRING", nullptr},
    {'V', "UNICODE", nullptr},
    {'T', "BINSTRING", nullptr},
    {'U', "SHORT_BINSTRING", nullptr},
    {'d', "DICT", nullptr},
    {'l', "LIST", nullptr},
    {'g', "GET", nullptr},
    {'p', "PUT", nullptr},
    {'0', "POP", nullptr},
    {'1', "POP_MARK", nullptr},
    {'2', "DUP", nullptr},
    {'i', "INST", nullptr},
    {'o', "OBJ", nullptr},
    {0x81, "NEWOBJ", nullptr},
    {0x92, "NEWOBJ_EX", nullptr},
    {0x8B, "LONG4", nullptr},
    {0x8F, "EMPTY_SET", nullptr},
    {0x90, "ADDITEMS", nullptr},
    {0x91, "FROZENSET", nullptr},
    {0x96, "BYTEARRAY8", nullptr},
    {0x97, "NEXT_BUFFER", nullptr},
    {0x82, "EXT1", nullptr},
    {0x83, "EXT2", nullptr},
    {0x84, "EXT4", nullptr},
}};

PickledValues Unpickler::run() {
  while (!done_) step();
  values_.root = pop();
  return std::move(values_);
}

void Unpickler::step() {
  instruction_ = nullptr;
  opcode_position_ = position_;
  const auto opcode = number<unsigned char>();
  const auto* found =
      std::find_if(instructions.begin(), instructions.end(), [&](const Instruction& known) { return known.opcode == opcode; });
  if (found == instructions.end() || !found->run)
    refuse_pickle(path_, fmt::format("its pickle has the opcode {} (0x{:02x}) at byte {}, which tensors and dictionaries do not need",
                                     found == instructions.end() ? "unknown" : found->name, opcode, opcode_position_));
  instruction_ = found;
  (this->*found->run)();
}

void Unpickler::fail(std::string_view what) const {
  throw InputError(fmt::format("{}: its pickle is damaged at byte {}{}: {}", path_, opcode_position_,
                               instruction_ ? fmt::format(" ({})", instruction_->name) : "", what));
}

std::string_view Unpickler::take(std::uint64_t count) {
  if (count > text_.size() - position_) fail(fmt::format("{} bytes wanted, {} left", count, text_.size() - position_));
  const std::string_view result = text_.substr(position_, count);
  position_ += count;
  return result;
}

std::string_view Unpickler::take_line() {
  const std::size_t end = text_.find('\n', position_);
  if (end == std::string_view::npos) fail("a name without end");
  const std::string_view line = take(end - position_);
  take(1);
  return line;
}

template <class T>
T Unpickler::number() {
  T value;
  std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
  return value;
}

void Unpickler::push(PickledValue value) {
  if (values_.values.size() == most_values) fail(fmt::format("more than {} values", most_values));
  stack_.push_back(static_cast<ValueId>(values_.values.size()));
  values_.values.push_back(std::move(value));
}

ValueId Unpickler::pop() {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) fail("a value is missing");
  const ValueId id = stack_.back();
  stack_.pop_back();
  return id;
}

std::vector<ValueId> Unpickler::pop_to_mark() {
  if (marks_.empty()) fail("a mark is missing");
  std::vector<ValueId> items = pop_items(stack_.size() - marks_.back());
  marks_.pop_back();
  return items;
}

std::vector<ValueId> Unpickler::pop_items(std::size_t count) {
  if (stack_.size() - (marks_.empty() ? 0 : marks_.back()) < count) fail("a value is missing");
  const auto first = stack_.end() - static_cast<std::ptrdiff_t>(count);
  std::vector<ValueId> items(first, stack_.end());
  stack_.erase(first, stack_.end());
  return items;
}

template <class T>
T& Unpickler::top() {
  T* value = stack_.empty() ? nullptr : std::get_if<T>(&values_.values[stack_.back()]);
  if (!value) fail("a value of another type is needed");
  return *value;
}

void Unpickler::protocol() {
  const int version = number<std::uint8_t>();
  if (version < 2 || version > 5) fail(fmt::format("version {} of the format; known are 2 to 5", version));
}

void Unpickler::long_integer() {
  const std::string_view digits = take(number<std::uint8_t>());
  if (digits.size() > sizeof(std::int64_t)) return push(PickledOther{});
  const bool is_negative = !digits.empty() && (static_cast<unsigned char>(digits.back()) & 0x80U) != 0;
  std::uint64_t bits = is_negative ? ~std::uint64_t{0} : 0;
  std::memcpy(&bits, digits.data(), digits.size());
  push(static_cast<std::int64_t>(bits));
}

void Unpickler::real() {  // big-endian, alone among all numbers
  std::string bytes(take(sizeof(double)));
  std::reverse(bytes.begin(), bytes.end());
  double value = 0;
  std::memcpy(&value, bytes.data(), sizeof(value));
  push(value);
}

void Unpickler::append() {
  const ValueId item = pop();
  top<PickledList>().items.push_back(item);
}

void Unpickler::appends() {
  const std::vector<ValueId> items = pop_to_mark();
  auto& list = top<PickledList>().items;
  list.insert(list.end(), items.begin(), items.end());
}

void Unpickler::set_item() {
  const ValueId value = pop();
  const ValueId key = pop();
  top<PickledDict>().items.emplace_back(key, value);
}

void Unpickler::set_items() {
  const std::vector<ValueId> items = pop_to_mark();
  if (items.size() % 2 != 0) fail("a key without a value");
  auto& dict = top<PickledDict>().items;
  for (std::size_t i = 0; i < items.size(); i += 2) dict.emplace_back(items[i], items[i + 1]);
}

void Unpickler::remember(std::uint64_t index) {
  if (stack_.empty()) fail("a value is missing");
  if (index >= most_values) fail(fmt::format("the memo's place {}, where {} values are the most", index, most_values));
  if (index >= memo_.size()) memo_.resize(index + 1, no_value);
  memo_[index] = stack_.back();
}

template <class Index>
void Unpickler::get() {
  const Index index = number<Index>();
  if (index >= memo_.size() || memo_[index] == no_value) fail(fmt::format("nothing is remembered as {}", index));
  stack_.push_back(memo_[index]);
}

void Unpickler::global() {
  const std::string_view module = take_line();
  const std::string_view name = take_line();
  push(find_global(module, name, path_));
}

void Unpickler::stack_global() {
  const std::vector<ValueId> names = pop_items(2);
  const auto* module = values_.get<std::string_view>(names[0]);
  const auto* name = values_.get<std::string_view>(names[1]);
  if (!module || !name) fail("a name is no text");
  push(find_global(*module, *name, path_));
}

void Unpickler::persistent_id() {
  std::optional<PickledStorage> storage = rebuild_storage(values_, pop());
  if (!storage) fail("what it refers to is no storage");
  push(*storage);
}

void Unpickler::reduce() {
  const std::vector<ValueId> call = pop_items(2);
  const auto* constructor = values_.get<PickledGlobal>(call[0]);
  const auto* arguments = values_.get<PickledTuple>(call[1]);
  if (!constructor || !arguments) fail("a call needs a constructor and a tuple");
  if (const auto same = rebuild_same(values_, *constructor, *arguments)) return stack_.push_back(*same);
  std::optional<PickledValue> value = rebuild(values_, *constructor, *arguments);
  if (!value) fail(fmt::format("{}.{} gets arguments that it does not take", constructor->module, constructor->name));
  push(std::move(*value));
}

// A dictionary's attributes, such as PyTorch's _metadata with versions of modules.
void Unpickler::build() {
  pop();
  top<PickledDict>();
}

}  // namespace

PickledValues unpickle(std::string_view text, const std::string& path) {
  if (text.size() > longest_pickle)
    throw InputError(fmt::format("{}: its pickle has {} bytes; {} are the most", path, text.size(), longest_pickle));
  return Unpickler(text, path).run();
}

}  // namespace cnnctl
