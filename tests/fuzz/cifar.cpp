#include "datasets/readers/cifar.h"

#include <filesystem>

#include "datasets/download/transfer.h"
#include "engine/config/parse.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/temporary_folder.h"

// Stands in for the one that would ask libcurl.
std::string cnnctl::check_folder_url(const std::string&) { return ""; }

namespace {

using namespace cnnctl;

/// The test split of a dataset whose file is at `file`; the labels have to be those of its classes.
void read(const DatasetType& type, const std::string& name, const std::string& file) {
  static const TemporaryFolder folder;
  const std::filesystem::path link = folder.path() / name;
  std::filesystem::remove(link);
  std::filesystem::create_symlink(file, link);
  Diagnostics diagnostics;
  const auto source = std::make_shared<const Source>(Source{"x.yaml", "{root: " + folder.path().string() + "}"});
  Selection selection;
  selection.arguments = parse_yaml(source, diagnostics);
  const Dataset dataset = type.load(selection, Split::test, 1);
  const std::size_t images = dataset.labels.size();
  if (std::get<std::vector<std::uint8_t>>(dataset.pixels).size() != images * 3072) __builtin_trap();
  for (const std::int32_t label : dataset.labels) static_cast<void>(dataset.classes.at(static_cast<std::size_t>(label)));
}

}  // namespace

// The same bytes as a file of either dataset; what is no file of the first may be one of the second.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  read_as_file(data, size, [](const std::string& path) { read(cifar10_dataset(), "test_batch.bin", path); });
  read_as_file(data, size, [](const std::string& path) { read(cifar100_dataset(), "test.bin", path); });
  return 0;
}
