#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "engine/formats/atomic_file.h"
#include "engine/formats/bytes.h"
#include "engine/formats/element.h"
#include "engine/formats/safetensors.h"
#include "engine/formats/stored_tensors.h"

namespace cnnctl {
namespace {

using nlohmann::json;

/// A tensor as it is to be written.
struct Piece {
  const std::string& name;
  const ElementType& type;
  const std::vector<std::int64_t>& dims;
  std::span<const std::byte> bytes;
};

void check_piece(const std::string& path, const Piece& piece) {
  const std::optional<std::int64_t> count = element_count(piece.dims);
  const std::size_t values = piece.bytes.size() / piece.type.size;
  if (count != static_cast<std::int64_t>(values))
    throw std::runtime_error(fmt::format("{}: cannot be written: tensor '{}' has {} values, which is not the product of [{}]", path,
                                         piece.name, values, join(piece.dims, ", ")));
  if (piece.name == "__metadata__")
    throw std::runtime_error(fmt::format("{}: cannot be written: no tensor may be called '{}'", path, piece.name));
}

/// The JSON text, padded with spaces so that the data begin at a multiple of 8 bytes.
std::string header_text(const std::string& path, const std::vector<Piece>& pieces, const std::map<std::string, std::string>& metadata) {
  json header = json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t position = 0;
  for (const Piece& piece : pieces) {
    check_piece(path, piece);
    const std::uint64_t end = position + piece.bytes.size();
    header[piece.name] = {{"dtype", piece.type.name}, {"shape", piece.dims}, {"data_offsets", {position, end}}};
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

void write(const std::string& path, const std::vector<Piece>& pieces, const std::map<std::string, std::string>& metadata) {
  const std::string header = header_text(path, pieces, metadata);
  std::string length;
  append_little_endian(length, header.size(), 8);
  std::vector<std::string_view> parts = {length, header};
  for (const Piece& piece : pieces) parts.push_back(as_text(piece.bytes));
  write_file_atomically(path, parts);
}

}  // namespace

void write_safetensors(const std::string& path, const SafeTensors& content) {
  const ElementType& type = *find_element_type("F32");
  std::vector<Piece> pieces;
  for (const auto& [name, tensor] : content.tensors) pieces.push_back({name, type, tensor.dims, std::as_bytes(std::span(tensor.values))});
  write(path, pieces, content.metadata);
}

void write_stored_safetensors(const std::string& path, const StoredTensors& content) {
  std::vector<Piece> pieces;
  for (const auto& [name, tensor] : content.tensors) pieces.push_back({name, *tensor.type, tensor.dims, tensor.bytes});
  write(path, pieces, content.metadata);
}

}  // namespace cnnctl
