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
#include "engine/formats/stored_tensors.h"

namespace cnnctl {
namespace {

using nlohmann::json;

constexpr std::uint64_t largest_header = 100'000'000;  // bytes; the format's own bound
constexpr int deepest_level = 3;                       // file, tensor, shape

/// A tensor as the header describes it; its bytes are [begin, end) behind the header.
struct Entry {
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

/// What the header says: the tensors in the order of their bytes, which cover the rest of the file.
struct Header {
  std::vector<Entry> entries;
  std::map<std::string, std::string> metadata;
};

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
  if (const ElementType* type = find_element_type(name)) return *type;
  std::string known;
  for (const ElementType& type : element_types()) known.append(known.empty() ? "" : ", ").append(type.name);
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

Entry read_entry(const InputFile& file, const std::string& name, const json& entry) {
  const auto damaged = [&](std::string_view what) { file.fail(fmt::format("has a damaged header: tensor '{}' {}", name, what)); };
  if (!entry.is_object()) damaged("is not an object");
  const auto type = entry.find("dtype");
  const auto dims = read_numbers(entry, "shape");
  const auto offsets = read_numbers(entry, "data_offsets");
  if (type == entry.end() || !type->is_string()) damaged("has no dtype");
  if (!dims) damaged("has no valid shape");
  if (!offsets || offsets->size() != 2) damaged("has no valid data_offsets");

  Entry tensor{.name = name, .type = &find_type(file, name, type->get<std::string>()), .dims = *dims};
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
void check_coverage(const InputFile& file, const std::vector<Entry>& tensors) {
  std::uint64_t position = 0;
  for (const Entry& tensor : tensors) {
    if (tensor.begin != position)
      file.fail(fmt::format("has a damaged header: tensor '{}' begins at byte {} instead of {}", tensor.name, tensor.begin, position));
    position = tensor.end;
  }
  if (position != file.remaining()) file.fail(fmt::format("holds {} bytes behind its header instead of {}", file.remaining(), position));
}

std::vector<float> read_values(InputFile& file, const Entry& tensor) {
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

Header read_header(InputFile& file) {
  const json text = parse_header(file, read_header_text(file));
  Header header;
  for (const auto& [name, entry] : text.items()) {
    if (name == "__metadata__")
      header.metadata = read_metadata(file, entry);
    else
      header.entries.push_back(read_entry(file, name, entry));
  }
  std::sort(header.entries.begin(), header.entries.end(),
            [](const Entry& a, const Entry& b) { return std::tie(a.begin, a.end) < std::tie(b.begin, b.end); });
  check_coverage(file, header.entries);
  return header;
}

}  // namespace

SafeTensors read_safetensors(const std::string& path) {
  InputFile file(path);
  Header header = read_header(file);
  SafeTensors result;
  result.metadata = std::move(header.metadata);
  for (const Entry& entry : header.entries) result.tensors.emplace(entry.name, Tensor{entry.dims, read_values(file, entry)});
  return result;
}

StoredTensors read_stored_safetensors(const std::string& path) {
  InputFile file(path);
  Header header = read_header(file);
  StoredTensors result;
  result.metadata = std::move(header.metadata);
  for (const Entry& entry : header.entries) {
    StoredTensor tensor{entry.type, entry.dims, std::vector<std::byte>(entry.end - entry.begin)};
    file.read(tensor.bytes);
    result.tensors.emplace(entry.name, std::move(tensor));
  }
  return result;
}

SafeTensors to_floats(StoredTensors stored) {
  SafeTensors result;
  result.metadata = std::move(stored.metadata);
  while (!stored.tensors.empty()) {
    auto node = stored.tensors.extract(stored.tensors.begin());
    StoredTensor& tensor = node.mapped();
    std::vector<float> values(tensor.bytes.size() / tensor.type->size);
    tensor.type->convert(tensor.bytes, values);
    result.tensors.emplace(std::move(node.key()), Tensor{std::move(tensor.dims), std::move(values)});
  }
  return result;
}

}  // namespace cnnctl
