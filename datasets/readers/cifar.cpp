#include "datasets/readers/cifar.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <span>
#include <string_view>

#include "datasets/download/published.h"
#include "engine/formats/input_file.h"
#include "engine/schema/arguments.h"

namespace cnnctl {
namespace {

namespace fs = std::filesystem;

constexpr Shape image_shape = {3, 32, 32};
constexpr std::size_t image_size = 3 * 32 * 32;

struct Cifar10Arguments : DownloadArguments {
  std::string root = "data/cifar10";
};

struct Cifar100Arguments : DownloadArguments {
  std::string root = "data/cifar100";
};

const Schema<Cifar10Arguments>& cifar10_schema() {
  static const Schema<Cifar10Arguments> schema =
      with_download(Schema<Cifar10Arguments>("cifar10", "Photographs of 10 things: 50,000 and 10,000 images of 3 x 32 x 32.",
                                             "https://www.cs.toronto.edu/~kriz/cifar.html")
                        .optional("root", &Cifar10Arguments::root, "folder of data_batch_1.bin to data_batch_5.bin and test_batch.bin"));
  return schema;
}

const Schema<Cifar100Arguments>& cifar100_schema() {
  static const Schema<Cifar100Arguments> schema =
      with_download(Schema<Cifar100Arguments>("cifar100", "Photographs of 100 things: 50,000 and 10,000 images of 3 x 32 x 32.",
                                              "https://www.cs.toronto.edu/~kriz/cifar.html")
                        .optional("root", &Cifar100Arguments::root, "folder of train.bin and test.bin"));
  return schema;
}

/// One of the two datasets: its classes, how its files are laid out, and the archive that is published. The archive's size and hash:
/// TensorFlow Datasets' url_checksums.
struct Form {
  std::vector<std::string> classes;
  std::vector<std::string> train_files;
  std::vector<std::string> test_files;
  std::string folder;           // that the archive unpacks to
  std::size_t label_bytes = 1;  // before each image; the last one is the class
  std::string name;
  std::size_t images_per_file = 0;  // at most
  RemoteFile archive;
};

constexpr const char* published_place = "https://www.cs.toronto.edu/~kriz/";

const Form& cifar10_form() {
  static const Form form = {{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"},
                            {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"},
                            {"test_batch.bin"},
                            "cifar-10-batches-bin",
                            1,
                            "cifar10",
                            10'000,
                            {"cifar-10-binary.tar.gz", 170'052'171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"}};
  return form;
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    result.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

const Form& cifar100_form() {
  static const Form form = {
      words("apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle caterpillar "
            "cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl "
            "hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom "
            "oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray road "
            "rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank "
            "telephone television tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm"),
      {"train.bin"},
      {"test.bin"},
      "cifar-100-binary",
      2,
      "cifar100",
      50'000,
      {"cifar-100-binary.tar.gz", 168'513'733, "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"}};
  return form;
}

/// `root`, or the archive's folder in it.
fs::path folder_of(const Form& form, const std::string& root) {
  const fs::path own = fs::path(root) / form.folder;
  if (may_be_folder(own)) return own;
  if (may_be_folder(root)) return root;
  throw InputError(fmt::format("{}: no such folder{}", root, download_hint(form.name)));
}

/// The archive, where a file is missing.
std::vector<Download> missing_files(const Form& form, const DownloadArguments& arguments, const std::string& root) {
  if (!arguments.download) return {};
  Download download{places_of(arguments, {published_place}), form.archive, root};
  bool is_complete = true;
  for (const auto* files : {&form.train_files, &form.test_files})
    for (const std::string& name : *files) {
      const fs::path target = fs::path(root) / form.folder / name;
      is_complete = is_complete && (may_exist(target) || may_exist(fs::path(root) / name));
      download.members.push_back({form.folder + "/" + name, target.string(), form.images_per_file * (form.label_bytes + image_size)});
    }
  if (is_complete) return {};
  return {download};
}

/// Adds the images of one file, in rows of labels and pixels.
void add_file(const Form& form, const fs::path& path, std::vector<std::uint8_t>& pixels, std::vector<std::int32_t>& labels) {
  InputFile file(path.string());
  const std::size_t row_size = form.label_bytes + image_size;
  if (file.size() == 0 || file.size() % row_size != 0)
    file.fail(fmt::format("is {} bytes long; {} holds {} bytes for each image, so it is cut off or another file", file.size(), form.name,
                          row_size));
  constexpr std::size_t rows_at_once = 1000;
  std::vector<std::uint8_t> rows(std::min<std::uint64_t>(rows_at_once * row_size, file.size()));
  pixels.reserve(pixels.size() + file.size() / row_size * image_size);
  while (file.remaining() > 0) {
    const auto part = std::span(rows).first(std::min<std::uint64_t>(rows.size(), file.remaining()));
    file.read(std::as_writable_bytes(part));
    for (std::size_t start = 0; start < part.size(); start += row_size) {
      const std::uint8_t label = part[start + form.label_bytes - 1];
      if (label >= form.classes.size())
        file.fail(fmt::format("label {} of image {} is not below {}", label,
                              (file.size() - file.remaining() - part.size() + start) / row_size, form.classes.size()));
      labels.push_back(label);
      const auto image = part.subspan(start + form.label_bytes, image_size);
      pixels.insert(pixels.end(), image.begin(), image.end());
    }
  }
}

Dataset read_files(const Form& form, const std::string& root, Split split) {
  const fs::path folder = folder_of(form, root);
  std::vector<std::uint8_t> pixels;
  Dataset dataset{.image = image_shape, .pixels = {}, .labels = {}, .classes = form.classes};
  for (const std::string& name : split == Split::train ? form.train_files : form.test_files) {
    const fs::path path = folder / name;
    if (!may_exist(path)) throw InputError(fmt::format("{}: no such file{}", path.string(), download_hint(form.name)));
    add_file(form, path, pixels, dataset.labels);
  }
  dataset.pixels = std::move(pixels);
  return dataset;
}

template <class Arguments>
DatasetType cifar_dataset(const Schema<Arguments>& schema, const Form& form) {
  return {choice_with_download(schema),
          [&schema, &form](const Selection& selection, Split split, std::uint64_t) {
            return read_files(form, read_arguments(schema, selection).root, split);
          },
          nullptr,
          [&schema, &form](const Selection& selection) {
            const Arguments arguments = read_arguments(schema, selection);
            return missing_files(form, arguments, arguments.root);
          }};
}

}  // namespace

DatasetType cifar10_dataset() { return cifar_dataset(cifar10_schema(), cifar10_form()); }
DatasetType cifar100_dataset() { return cifar_dataset(cifar100_schema(), cifar100_form()); }

}  // namespace cnnctl
