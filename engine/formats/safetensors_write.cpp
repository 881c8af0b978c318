#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "engine/formats/atomic_file.h"
#include "engine/formats/element.h"
#include "engine/formats/safetensors.h"

namespace cnnctl {
namespace {

using nlohmann::json;

void check_tensor(const std::string& path, const std::string& name, const Tensor& tensor) {
  if (element_count(tensor.dims) != static_cast<std::int64_t>(tensor.values.size()))
    throw std::runtime_error(fmt::format("{}: cannot be written: tensor '{}' has {} values, which is not the product of [{}]", path, name,
                                         tensor.values.size(), join(tensor.dims, ", ")));
  if (name == "__metadata__") throw std::runtime_error(fmt::format("{}: cannot be written: no tensor may be called '{}'", path, name));
}

/// The JSON text, padded with spaces so that the data begin at a multiple of 8 bytes.
std::string header_text(const std::string& path, const SafeTensors& content) {
  json header = json::object();
  if (!content.metadata.empty()) header["__metadata__"] = content.metadata;
  std::uint64_t position = 0;
  for (const auto& [name, tensor] : content.tensors) {
    check_tensor(path, name, tensor);
    const std::uint64_t end = position + tensor.values.size() * sizeof(float);
    header[name] = {{"dtype", "F32"}, {"shape", tensor.dims}, {"data_offsets", {position, end}}};
    position = end;
  }
  try {
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    return text;
  } catch (const json::type_error&) {
    throw std::runtime_error(path + ": cannot be written: a name or the metadata are not valid UTF-8");
  }
}

std::string_view bytes_of(std::span<const std::byte> bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

}  // namespace

void write_safetensors(const std::string& path, const SafeTensors& content) {
  const std::string header = header_text(path, content);
  const std::uint64_t length = header.size();
  std::vector<std::string_view> pieces = {bytes_of(std::as_bytes(std::span(&length, 1))), header};
  for (const auto& [name, tensor] : content.tensors) pieces.push_back(bytes_of(std::as_bytes(std::span(tensor.values))));
  write_file_atomically(path, pieces);
}

}  // namespace cnnctl
