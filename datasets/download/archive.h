#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cnnctl {

/// A file that an archive holds, and what becomes of it.
struct ArchiveMember {
  std::string name;           // in the archive, with its folders
  std::string target;         // path of the file to be written
  std::uint64_t largest = 0;  // bytes that it may have
};

/// Writes the given members of a .tar.gz or a .zip, each atomically, and nothing else: where a file comes to lie is said here and not by
/// the archive. A member whose target is there already is left out. Throws InputError with the archive's name where it is damaged, lacks a
/// member, or holds one that is no regular file or too large.
void unpack(const std::string& archive, const std::vector<ArchiveMember>& members);

}  // namespace cnnctl
