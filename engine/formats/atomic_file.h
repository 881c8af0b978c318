#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace cnnctl {

/// Replaces the file `path` by the given pieces, one after another, so that a crash at any moment leaves either the old file or the new
/// one: writes a temporary file beside it, flushes it to the disk, renames it, flushes the folder. Throws std::runtime_error with the path
/// and the system's reason; the temporary file is removed then. One that a killed process left, trying to write the same file, is removed
/// too.
void write_file_atomically(const std::string& path, std::span<const std::string_view> pieces);

/// Takes the next bytes of a file.
using WritePiece = std::function<void(std::string_view piece)>;

/// The same of the pieces that `write` hands over, so that they need not stand in memory together. What it throws leaves the old file.
void write_file_atomically(const std::string& path, const std::function<void(const WritePiece& put)>& write);

/// Removes what killed writers left in `folder`, whatever file they were to replace. For who knows that nobody else writes there now.
void remove_temporary_files(const std::string& folder);

}  // namespace cnnctl
