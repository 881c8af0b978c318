#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "engine/formats/bytes.h"
#include "engine/formats/pytorch.h"
#include "engine/formats/pytorch/globals.h"
#include "engine/formats/pytorch/zip_writer.h"

namespace cnnctl {
namespace {

/// The text of a pickle of protocol 2, value after value.
class Pickler {
 public:
  Pickler& opcodes(std::string_view codes) {
    text_.append(codes);
    return *this;
  }
  Pickler& global(std::string_view module, std::string_view name) {
    text_.append("c").append(module).append("\n").append(name).append("\n");
    return *this;
  }
  Pickler& text(std::string_view value) { return opcodes("X").number(value.size(), 4).opcodes(value); }
  Pickler& integer(std::uint64_t value) { return opcodes("\x8A\x08").number(value, 8); }
  Pickler& tuple(const std::vector<std::int64_t>& values) {
    opcodes("(");
    for (const std::int64_t value : values) integer(static_cast<std::uint64_t>(value));
    return opcodes("t");
  }
  const std::string& str() const { return text_; }

 private:
  Pickler& number(std::uint64_t value, int size) {
    append_little_endian(text_, value, size);
    return *this;
  }

  std::string text_;
};

/// The steps between neighbours in C order.
std::vector<std::int64_t> strides_of(const std::vector<std::int64_t>& dims) {
  std::vector<std::int64_t> strides(dims.size());
  std::uint64_t stride = 1;  // may wrap around where a dimension is 0, and then means nothing
  for (std::size_t i = dims.size(); i-- > 0;) {
    strides[i] = static_cast<std::int64_t>(stride);
    stride *= static_cast<std::uint64_t>(std::max<std::int64_t>(dims[i], 1));
  }
  return strides;
}

/// _rebuild_tensor_v2((storage, class, key, device, count), offset, size, stride, requires_grad, hooks).
void add_tensor(Pickler& pickle, const StoredTensor& tensor, const std::string& key, const PickledGlobal& storage) {
  pickle.global("torch._utils", "_rebuild_tensor_v2").opcodes("((").text("storage").global(storage.module, storage.name);
  pickle.text(key).text("cpu").integer(tensor.bytes.size() / tensor.type->size).opcodes("tQ");
  pickle.integer(0).tuple(tensor.dims).tuple(strides_of(tensor.dims)).opcodes("\x89");
  pickle.global("collections", "OrderedDict").opcodes(")RtR");
}

}  // namespace

void write_pytorch(const std::string& path, const StoredTensors& content) {
  Pickler pickle;
  pickle.opcodes("\x80\x02").global("collections", "OrderedDict").opcodes(")R(");
  std::vector<ZipEntry> entries = {{"archive/data.pkl", {}}, {"archive/byteorder", "little"}};
  for (const auto& [name, tensor] : content.tensors) {
    const std::string key = std::to_string(entries.size() - 2);
    const PickledGlobal* storage = storage_class(*tensor.type);
    if (!storage) throw std::runtime_error(fmt::format("{}: cannot be written: PyTorch has no type {}", path, tensor.type->name));
    add_tensor(pickle.text(name), tensor, key, *storage);
    entries.push_back({"archive/data/" + key, as_text(tensor.bytes)});
  }
  pickle.opcodes("u.");
  entries.front().content = pickle.str();
  entries.push_back({"archive/version", "3\n"});
  write_zip(path, entries);
}

}  // namespace cnnctl
