#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <tuple>

#include "engine/formats/element.h"
#include "engine/formats/input_file.h"
#include "engine/formats/safetensors.h"

namespace cnnctl {
namespace {

using nlohmann::json;

constexpr std::uint64_t largest_header = 100'000'000;  // bytes; the format's own bound
constexpr int deepest_level = 3;                       // file, tensor, shape

/// A tensor as the header describes it; its bytes are [begin, end) behind the header.
struct StoredTensor {
  std::string name;
  const ElementType* type = nullptr;
  std::vector<std::int64_t> dims;
  std::size_t count = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

std::string read_header_text(InputFile& file) {
  if (file.size() < 8) file.fail(fmt::format("is no safetensors file: {} bytes long", file.size()));
  std::uint64_t length = 0;
  file.read(std::as_writable_bytes(std::span(&length, 1)));
  if (length > file.remaining() || length > largest_header)
    file.fail(fmt::format("is no safetensors file or is cut off: it claims a header of {} bytes and has {}", length, file.remaining()));
  std::string text(length, '\0');
  file.read(std::as_writable_bytes(std::span(text)));
  return text;
}

/// Refuses while parsing what the parser alone would accept: nesting without end, and a key written twice.
class HeaderChecks {
 public:
  explicit HeaderChecks(const InputFile& file) : file_(file) {}

  bool operator()(int depth, json::parse_event_t event, const json& parsed) {
    const bool opens = event == json::parse_event_t::object_start || event == json::parse_event_t::array_start;
    if (opens && depth >= deepest_level) file_.fail("has a damaged header: it is nested too deeply");
    if (opens) keys_[static_cast<std::size_t>(depth)].clear();
    if (event == json::parse_event_t::key && !keys_[static_cast<std::size_t>(depth) - 1].insert(parsed.get<std::string>()).second)
      file_.fail(fmt::format("has a damaged header: '{}' stands in it twice", parsed.get<std::string>()));
    return true;
  }

 private:
  const InputFile& file_;
  std::array<std::set<std::string>, deepest_level> keys_;
};

json parse_header(const InputFile& file, const std::string& text) {
  HeaderChecks checks(file);
  try {
    json header = json::parse(text, [&](int depth, json::parse_event_t event, const json& parsed) { return checks(depth, event, parsed); });
    if (header.is_object()) return header;
  } catch (const json::exception&) {
    file.fail("is no safetensors file: its header is not valid JSON");
  }
  file.fail("is no safetensors file: its header is not a JSON object");
}

std::map<std::string, std::string> read_metadata(const InputFile& file, const json& metadata) {
  if (!metadata.is_object()) file.fail("has a damaged header: __metadata__ is not an object");
  std::map<std::string, std::string> result;
  for (const auto& [key, value] : metadata.items()) {
    if (!value.is_string()) file.fail(fmt::format("has a damaged header: '{}' in __metadata__ is not a string", key));
    result.emplace(key, value.get<std::string>());
  }
  return result;
}

const ElementType& find_type(const InputFile& file, const std::string& tensor, const std::string& name) {
  const std::span<const ElementType> types = element_types();
  const auto found = std::find_if(types.begin(), types.end(), [&](const ElementType& type) { return type.name == name; });
  if (found != types.end()) return *found;
  std::string known;
  for (const ElementType& type : types) known.append(known.empty() ? "" : ", ").append(type.name);
  file.fail(fmt::format("tensor '{}' has the element type '{}'; possible are {}", tensor, name, known));
}

/// The list of sizes or offsets under `key`; nothing where it is anything else.
std::optional<std::vector<std::int64_t>> read_numbers(const json& entry, const char* key) {
  const auto list = entry.find(key);
  if (list == entry.end() || !list->is_array()) return std::nullopt;
  std::vector<std::int64_t> numbers;
  for (const json& number : *list) {
    constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
    if (!number.is_number_unsigned() || number.get<std::uint64_t>() > largest) return std::nullopt;
    numbers.push_back(number.get<std::int64_t>());
  }
  return numbers;
}

StoredTensor read_entry(const InputFile& file, const std::string& name, const json& entry) {
  const auto damaged = [&](std::string_view what) { file.fail(fmt::format("has a damaged header: tensor '{}' {}", name, what)); };
  if (!entry.is_object()) damaged("is not an object");
  const auto type = entry.find("dtype");
  const auto dims = read_numbers(entry, "shape");
  const auto offsets = read_numbers(entry, "data_offsets");
  if (type == entry.end() || !type->is_string()) damaged("has no dtype");
  if (!dims) damaged("has no valid shape");
  if (!offsets || offsets->size() != 2) damaged("has no valid data_offsets");

  StoredTensor tensor{.name = name, .type = &find_type(file, name, type->get<std::string>()), .dims = *dims};
  tensor.begin = static_cast<std::uint64_t>(offsets->front());
  tensor.end = static_cast<std::uint64_t>(offsets->back());
  const std::optional<std::int64_t> count = element_count(tensor.dims);
  if (tensor.begin > tensor.end || tensor.end > file.remaining()) damaged("lies outside the file");
  if (!count || static_cast<std::uint64_t>(*count) > file.remaining()) damaged("is larger than the file");
  tensor.count = static_cast<std::size_t>(*count);
  if (tensor.count * tensor.type->size != tensor.end - tensor.begin) damaged("has a shape that does not agree with its data_offsets");
  return tensor;
}

/// The format leaves no holes and shares no bytes, so the tensors in the order of their offsets must cover the file exactly.
void check_coverage(const InputFile& file, const std::vector<StoredTensor>& tensors) {
  std::uint64_t position = 0;
  for (const StoredTensor& tensor : tensors) {
    if (tensor.begin != position)
      file.fail(fmt::format("has a damaged header: tensor '{}' begins at byte {} instead of {}", tensor.name, tensor.begin, position));
    position = tensor.end;
  }
  if (position != file.remaining()) file.fail(fmt::format("holds {} bytes behind its header instead of {}", file.remaining(), position));
}

std::vector<float> read_values(InputFile& file, const StoredTensor& tensor) {
  std::vector<float> values(tensor.count);
  if (tensor.type->name == "F32") {
    file.read(std::as_writable_bytes(std::span(values)));
    return values;
  }
  constexpr std::size_t elements_per_piece = 16384;
  std::vector<std::byte> piece(std::min(elements_per_piece, tensor.count) * tensor.type->size);
  for (std::size_t begin = 0; begin < tensor.count; begin += elements_per_piece) {
    const std::span<float> to = std::span(values).subspan(begin, std::min(elements_per_piece, tensor.count - begin));
    const std::span<std::byte> from = std::span(piece).first(to.size() * tensor.type->size);
    file.read(from);
    tensor.type->convert(from, to);
  }
  return values;
}

}  // namespace

SafeTensors read_safetensors(const std::string& path) {
  InputFile file(path);
  const json header = parse_header(file, read_header_text(file));
  SafeTensors result;
  std::vector<StoredTensor> tensors;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__")
      result.metadata = read_metadata(file, entry);
    else
      tensors.push_back(read_entry(file, name, entry));
  }
  std::sort(tensors.begin(), tensors.end(),
            [](const StoredTensor& a, const StoredTensor& b) { return std::tie(a.begin, a.end) < std::tie(b.begin, b.end); });
  check_coverage(file, tensors);
  for (const StoredTensor& tensor : tensors) result.tensors.emplace(tensor.name, Tensor{tensor.dims, read_values(file, tensor)});
  return result;
}

}  // namespace cnnctl
