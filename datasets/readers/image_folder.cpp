#include "datasets/readers/image_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>

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

bool is_image_name(const fs::path& path) {
  static const std::array<std::string, 3> extensions = {".jpg", ".jpeg", ".png"};
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
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

/// Adds the image files at or below `folder`; links are followed, but for those to a folder that they lie in, which would never end.
/// `above`: the folders that `folder` lies in, without links.
void add_images(const fs::path& folder, std::vector<fs::path>& above, std::vector<fs::path>& images) {
  const fs::path place = fs::canonical(folder);
  if (std::find(above.begin(), above.end(), place) != above.end()) return;
  above.push_back(place);
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (is_hidden(entry.path())) continue;
    std::error_code unknown;  // what cannot be looked at, but is called like an image, says what it is when it is read
    if (entry.is_directory(unknown))
      add_images(entry.path(), above, images);
    else if (is_image_name(entry.path()))
      images.push_back(entry.path());
  }
  above.pop_back();
}

/// The names of the image files at or below `folder`, sorted; hidden files and folders are left out. What is called like one and is none,
/// as a link that leads nowhere, is among them: reading it says what it is.
std::vector<std::string> image_names(const fs::path& folder) {
  std::vector<fs::path> above, images;
  add_images(folder, above, images);
  std::vector<std::string> names;
  for (const fs::path& image : images) names.push_back(image.lexically_relative(folder).string());
  std::sort(names.begin(), names.end());
  return names;
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
  if (!fs::is_directory(folder)) fail(folder, "no such folder\n  hint: leave test out of image_folder where there are no test images");
  ImageFiles files(folder.string() + "/", 3);
  Dataset dataset{.image = {3, 0, 0}, .pixels = {}, .labels = {}, .classes = classes_of(train)};
  for (const std::string& name : class_folders(folder)) {
    const auto found = std::lower_bound(dataset.classes.begin(), dataset.classes.end(), name);
    if (found == dataset.classes.end() || *found != name) fail(folder / name, fmt::format("is a class that {} lacks", train.string()));
    const std::vector<std::string> images = image_names(folder / name);
    if (images.empty() && split == Split::train) fail(folder / name, "has no .jpg, .jpeg or .png file in it");
    for (const std::string& image : images) files.add(name + "/" + image);
    dataset.labels.resize(files.size(), static_cast<std::int32_t>(found - dataset.classes.begin()));
  }
  if (files.size() == 0) fail(folder, "has no images; they stand in a folder for each class, as cat/1.jpg");
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
