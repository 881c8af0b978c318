#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "engine/config/value.h"
#include "engine/diagnostics/diagnostic.h"

namespace cnnctl {

/// Reads one YAML document. A syntax error, a text that is not UTF-8, a key written twice, a key that is no text, a merge key (`<<`), a
/// tag other than those of text, list and map, an unknown alias, a second document, nesting beyond 100 levels, or more than a million
/// values after alias expansion (long texts count for more) is an error in `diagnostics`; what could be read is returned. A value that an
/// alias stands for has the alias's place; what is inside it keeps its own. Source: https://yaml.org/spec/1.2.2; yaml-cpp's event parser,
/// since its nodes hide duplicate keys.
Value parse_yaml(const std::shared_ptr<const Source>& source, Diagnostics& diagnostics);

/// The same, of the part of the source that begins at the byte `offset`.
Value parse_yaml_from(const std::shared_ptr<const Source>& source, std::size_t offset, Diagnostics& diagnostics);

/// Reads a whole file. Throws InputError with the path and the system's reason where it cannot be read, is a folder or exceeds 16 MiB.
std::shared_ptr<const Source> read_source(const std::string& path);

}  // namespace cnnctl
