#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/formats/pytorch.h"
#include "engine/formats/pytorch/zip_writer.h"
#include "tests/support/input_error.h"
#include "tests/support/memory_file.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {

/// A file that make_files.py wrote.
inline std::string fixture(const std::string& name) { return std::string(CNNCTL_SOURCE_DIR "/tests/formats/pytorch/files/") + name; }

/// The message of reading a file of this content, which must name the file.
inline std::string error_of_content(const std::string& content) {
  const MemoryFile file(content);
  const std::string message = input_error([&] { read_pytorch(file.path()); });
  CHECK(message.starts_with(file.path() + ": "));
  return message;
}

/// The archive, as PyTorch lays it out, of a pickle and storages: of each, key and bytes.
inline std::string archive_of(const std::string& pickle, const std::vector<std::pair<std::string, std::string>>& storages = {}) {
  const TemporaryFolder folder;
  std::vector<ZipEntry> entries = {{"a/data.pkl", pickle}};
  for (const auto& [key, bytes] : storages) entries.push_back({"a/data/" + key, bytes});
  write_zip(folder.file("x.pth"), entries);
  return read_text(folder.file("x.pth"));
}

inline std::vector<float> floats_of(const StoredTensor& tensor) {
  std::vector<float> values(tensor.bytes.size() / tensor.type->size);
  tensor.type->convert(tensor.bytes, values);
  return values;
}

}  // namespace cnnctl
