#include "datasets/readers/cifar.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <span>
#include <string_view>

#include "engine/formats/input_file.h"
#include "engine/schema/arguments.h"

namespace cnnctl {
namespace {

namespace fs = std::filesystem;

constexpr Shape image_shape = {3, 32, 32};
constexpr std::size_t image_size = 3 * 32 * 32;

struct Cifar10Arguments {
  std::string root = "data/cifar10";
};

struct Cifar100Arguments {
  std::string root = "data/cifar100";
};

const Schema<Cifar10Arguments>& cifar10_schema() {
  static const Schema<Cifar10Arguments> schema =
      Schema<Cifar10Arguments>("cifar10", "Photographs of 10 things: 50,000 and 10,000 images of 3 x 32 x 32.",
                               "https://www.cs.toronto.edu/~kriz/cifar.html")
          .optional("root", &Cifar10Arguments::root, "folder of data_batch_1.bin to data_batch_5.bin and test_batch.bin");
  return schema;
}

const Schema<Cifar100Arguments>& cifar100_schema() {
  static const Schema<Cifar100Arguments> schema =
      Schema<Cifar100Arguments>("cifar100", "Photographs of 100 things: 50,000 and 10,000 images of 3 x 32 x 32.",
                                "https://www.cs.toronto.edu/~kriz/cifar.html")
          .optional("root", &Cifar100Arguments::root, "folder of train.bin and test.bin");
  return schema;
}

/// One of the two datasets: its classes and how its files are laid out.
struct Form {
  std::vector<std::string> classes;
  std::vector<std::string> train_files;
  std::vector<std::string> test_files;
  std::string folder;           // that the archive unpacks to
  std::size_t label_bytes = 1;  // before each image; the last one is the class
  std::string name;
};

const Form& cifar10_form() {
  static const Form form = {{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"},
                            {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"},
                            {"test_batch.bin"},
                            "cifar-10-batches-bin",
                            1,
                            "cifar10"};
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
      "cifar100"};
  return form;
}

/// `root`, or the archive's folder in it.
fs::path folder_of(const Form& form, const std::string& root) {
  if (fs::is_directory(fs::path(root) / form.folder)) return fs::path(root) / form.folder;
  if (fs::is_directory(root)) return root;
  throw InputError(fmt::format(
      "{}: no such folder\n  hint: say where the files are with --set data.dataset.{}.root=FOLDER, or unpack the binary version "
      "from https://www.cs.toronto.edu/~kriz/cifar.html there",
      root, form.name));
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
  for (const std::string& name : split == Split::train ? form.train_files : form.test_files)
    add_file(form, folder / name, pixels, dataset.labels);
  dataset.pixels = std::move(pixels);
  return dataset;
}

}  // namespace

DatasetType cifar10_dataset() {
  return {choice_of(cifar10_schema()),
          [](const Selection& selection, Split split, std::uint64_t) {
            return read_files(cifar10_form(), read_arguments(cifar10_schema(), selection).root, split);
          },
          nullptr};
}

DatasetType cifar100_dataset() {
  return {choice_of(cifar100_schema()),
          [](const Selection& selection, Split split, std::uint64_t) {
            return read_files(cifar100_form(), read_arguments(cifar100_schema(), selection).root, split);
          },
          nullptr};
}

}  // namespace cnnctl
