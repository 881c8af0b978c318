#include <fmt/format.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>

#include "engine/formats/atomic_file.h"
#include "engine/formats/bytes.h"
#include "engine/formats/element.h"
#include "engine/formats/safetensors.h"
#include "engine/formats/stored_tensors.h"

namespace cnnctl {
namespace {

using nlohmann::json;

/// A tensor as it is to be written; `bytes` gives its bytes until the next one's are asked for.
struct Piece {
  const std::string& name;
  const ElementType& type;
  const std::vector<std::int64_t>& dims;
  std::function<std::span<const std::byte>()> bytes;
};

[[noreturn]] void refuse(const std::string& path, const std::string& reason) {
  throw std::runtime_error(fmt::format("{}: cannot be written: {}", path, reason));
}

std::uint64_t size_of(const std::string& path, const Piece& piece) {
  const std::optional<std::int64_t> count = element_count(piece.dims);
  if (!count) refuse(path, fmt::format("tensor '{}' has the dimensions [{}]", piece.name, join(piece.dims, ", ")));
  return static_cast<std::uint64_t>(*count) * piece.type.size;
}

std::span<const std::byte> bytes_of(const std::string& path, const Piece& piece) {
  const std::span<const std::byte> bytes = piece.bytes();
  if (bytes.size() != size_of(path, piece))
    refuse(path, fmt::format("tensor '{}' has {} values, which is not the product of [{}]", piece.name, bytes.size() / piece.type.size,
                             join(piece.dims, ", ")));
  return bytes;
}

/// The JSON text, padded with spaces so that the data begin at a multiple of 8 bytes.
std::string header_text(const std::string& path, const std::vector<Piece>& pieces, const std::map<std::string, std::string>& metadata) {
  json header = json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t position = 0;
  for (const Piece& piece : pieces) {
    if (piece.name == "__metadata__") refuse(path, fmt::format("no tensor may be called '{}'", piece.name));
    const std::uint64_t end = position + size_of(path, piece);
    header[piece.name] = {{"dtype", piece.type.name}, {"shape", piece.dims}, {"data_offsets", {position, end}}};
    position = end;
  }
  try {
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    return text;
  } catch (const json::type_error&) {
    refuse(path, "a name or the metadata are not valid UTF-8");
  }
}

void write(const std::string& path, const std::vector<Piece>& pieces, const std::map<std::string, std::string>& metadata) {
  const std::string header = header_text(path, pieces, metadata);
  std::string length;
  append_little_endian(length, header.size(), 8);
  write_file_atomically(path, [&](const WritePiece& put) {
    put(length);
    put(header);
    for (const Piece& piece : pieces) put(as_text(bytes_of(path, piece)));
  });
}

}  // namespace

void write_safetensors(const std::string& path, const SafeTensors& content) {
  const ElementType& type = *find_element_type("F32");
  std::vector<Piece> pieces;
  for (const auto& [name, tensor] : content.tensors)
    pieces.push_back({name, type, tensor.dims, [&values = tensor.values] { return std::as_bytes(std::span(values)); }});
  write(path, pieces, content.metadata);
}

void write_safetensors(const std::string& path, const std::map<std::string, TensorSource>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  const ElementType& type = *find_element_type("F32");
  std::vector<float> values;  // of the tensor whose turn it is
  std::vector<Piece> pieces;
  for (const auto& [name, tensor] : tensors)
    pieces.push_back({name, type, tensor.dims, [&values, &source = tensor] {
                        values = source.values();
                        return std::as_bytes(std::span(values));
                      }});
  write(path, pieces, metadata);
}

void write_stored_safetensors(const std::string& path, const StoredTensors& content) {
  std::vector<Piece> pieces;
  for (const auto& [name, tensor] : content.tensors)
    pieces.push_back({name, *tensor.type, tensor.dims, [&bytes = tensor.bytes] { return std::span(bytes); }});
  write(path, pieces, content.metadata);
}

}  // namespace cnnctl
