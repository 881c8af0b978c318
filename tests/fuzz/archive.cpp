#include "datasets/download/archive.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/temporary_folder.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const cnnctl::TemporaryFolder folder;
  const std::vector<cnnctl::ArchiveMember> members = {{"set/a.bin", folder.file("a.bin"), 1000}, {"set/b.bin", folder.file("b.bin"), 1000}};
  cnnctl::read_as_file(data, size, [&](const std::string& path) { cnnctl::unpack(path, members); });
  // Nothing else may have come to be; what is there would be left out the next time.
  for (const cnnctl::ArchiveMember& member : members) std::filesystem::remove(member.target);
  if (!std::filesystem::is_empty(folder.path())) __builtin_trap();
  return 0;
}
