#include "datasets/readers/image_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <span>
#include <string_view>
#include <system_error>

#include "datasets/image_files.h"
#include "engine/diagnostics/diagnostic.h"
#include "engine/formats/input_file.h"
#include "engine/schema/arguments.h"

namespace cnnctl {
namespace {

namespace fs = std::filesystem;

struct ImageFolderArguments {
  std::string root;
  std::string train = "train";
  std::string test = "test";
};

const Schema<ImageFolderArguments>& schema() {
  static const Schema<ImageFolderArguments> image_folder =
      Schema<ImageFolderArguments>("image_folder", "JPEG and PNG files in a folder for each class, as ROOT/train/cat/1.jpg.",
                                   "torchvision.datasets.ImageFolder")
          .required("root", &ImageFolderArguments::root, "folder of the splits' folders")
          .optional("train", &ImageFolderArguments::train, "folder of the training images in root")
          .optional("test", &ImageFolderArguments::test, "folder of the test images in root; there need be none where it is not named");
  return image_folder;
}

bool ends_in(const fs::path& path, std::span<const std::string_view> extensions) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
}

bool is_image_name(const fs::path& path) {
  constexpr std::array<std::string_view, 3> extensions = {".jpg", ".jpeg", ".png"};
  return ends_in(path, extensions);
}

/// Whether a file is called like an image of a kind that is not read.
bool is_other_image_name(const fs::path& path) {
  constexpr std::array<std::string_view, 6> extensions = {".bmp", ".gif", ".ppm", ".tif", ".tiff", ".webp"};
  return ends_in(path, extensions);
}

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

/// The names of the folders in `folder`, sorted; hidden ones are left out.
std::vector<std::string> class_folders(const fs::path& folder) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (entry.is_directory() && !is_hidden(entry.path())) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

/// What a class's folder holds.
struct FoundFiles {
  std::vector<std::string> images;
  std::int64_t others = 0;  // images of kinds that are not read
};

/// Adds the files at or below `folder`; links are followed, but for those to a folder that they lie in, which would never end.
/// `above`: the folders that `folder` lies in, without links.
void add_files(const fs::path& folder, std::vector<fs::path>& above, FoundFiles& found) {
  const fs::path place = fs::canonical(folder);
  if (std::find(above.begin(), above.end(), place) != above.end()) return;
  above.push_back(place);
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (is_hidden(entry.path())) continue;
    std::error_code unknown;  // what cannot be looked at, but is called like an image, says what it is when it is read
    if (entry.is_directory(unknown))
      add_files(entry.path(), above, found);
    else if (is_image_name(entry.path()))
      found.images.push_back(entry.path().string());
    else if (is_other_image_name(entry.path()))
      ++found.others;
  }
  above.pop_back();
}

/// The names in `folder` of the image files at or below it, sorted; hidden files and folders are left out. What is called like an image and
/// is none, as a link that leads nowhere, is among them: reading it says what it is.
FoundFiles find_files(const fs::path& folder) {
  std::vector<fs::path> above;
  FoundFiles found;
  add_files(folder, above, found);
  for (std::string& image : found.images) image = fs::path(image).lexically_relative(folder).string();
  std::sort(found.images.begin(), found.images.end());
  return found;
}

[[noreturn]] void fail(const fs::path& folder, const std::string& message) { throw InputError(folder.string() + ": " + message); }

std::vector<std::string> classes_of(const fs::path& train) {
  if (!fs::is_directory(train)) fail(train, "no such folder\n  hint: image_folder takes its classes from the folders in ROOT/train");
  std::vector<std::string> classes = class_folders(train);
  if (classes.empty()) fail(train, "has no folder in it; images stand in a folder for each class, as train/cat/1.jpg");
  return classes;
}

Dataset list_files(const ImageFolderArguments& arguments, Split split) {
  const fs::path root = arguments.root, train = root / arguments.train;
  const fs::path folder = split == Split::train ? train : root / arguments.test;
  Dataset dataset{.image = {3, 0, 0}, .pixels = {}, .labels = {}, .classes = classes_of(train)};
  if (!fs::is_directory(folder)) fail(folder, "no such folder\n  hint: leave test out of image_folder where there are no test images");
  ImageFiles files(folder.string() + "/", 3);
  std::int64_t others = 0;
  for (const std::string& name : class_folders(folder)) {
    const auto label = std::lower_bound(dataset.classes.begin(), dataset.classes.end(), name);
    if (label == dataset.classes.end() || *label != name) fail(folder / name, fmt::format("is a class that {} lacks", train.string()));
    const FoundFiles found = find_files(folder / name);
    if (found.images.empty() && split == Split::train) fail(folder / name, "has no .jpg, .jpeg or .png file in it");
    for (const std::string& image : found.images) files.add(name + "/" + image);
    dataset.labels.resize(files.size(), static_cast<std::int32_t>(label - dataset.classes.begin()));
    others += found.others;
  }
  if (files.size() == 0) fail(folder, "has no images; they stand in a folder for each class, as cat/1.jpg");
  if (others > 0)
    dataset.warning = fmt::format("{}: left out {} image file{} of other kinds than JPEG and PNG; convert them to have them used",
                                  folder.string(), others, others == 1 ? "" : "s");
  dataset.pixels = std::move(files);
  return dataset;
}

Dataset load(const Selection& selection, Split split, std::uint64_t) {
  const ImageFolderArguments arguments = read_arguments(schema(), selection);
  try {
    return list_files(arguments, split);
  } catch (const fs::filesystem_error& error) {
    throw InputError(fmt::format("{}: cannot be read: {}", error.path1().string(), error.code().message()));
  }
}

bool has(const Selection& selection, Split split) {
  const ImageFolderArguments arguments = read_arguments(schema(), selection);
  const bool is_named = selection.arguments.find("test") != nullptr;
  return split == Split::train || is_named || may_be_folder(fs::path(arguments.root) / arguments.test);
}

}  // namespace

DatasetType image_folder_dataset() { return {choice_of(schema()), load, has}; }

}  // namespace cnnctl
