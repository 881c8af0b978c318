#include "datasets/readers/image_folder.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "datasets/images/png.h"
#include "datasets/loader/loader.h"
#include "tests/datasets/loader/support.h"
#include "tests/datasets/support.h"
#include "tests/datasets/transforms/support.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/without_rights.h"

namespace cnnctl {
namespace {

namespace fs = std::filesystem;

/// Writes an image of one value into ROOT/name.
void write_image(const TemporaryFolder& root, const std::string& name, std::uint8_t value, const Shape& shape = {3, 6, 8}) {
  fs::create_directories((root.path() / name).parent_path());
  Image image = make_image(shape);
  std::fill(image.pixels.begin(), image.pixels.end(), value);
  write_text(root.path() / name, encode_png(image));
}

/// Two classes; the value of an image's pixels is 10 times its class, and its place in it.
void write_folder(const TemporaryFolder& root) {
  for (const std::uint8_t i : {0, 1, 2}) {
    write_image(root, "train/cat/" + std::to_string(i) + ".png", i);
    write_image(root, "train/dog/deep/" + std::to_string(i) + ".PNG", static_cast<std::uint8_t>(10 + i));
  }
  write_image(root, "test/dog/a.png", 12);
  write_text(root.path() / "train/cat/notes.txt", "no image");
}

Dataset load(const TemporaryFolder& root, Split split) {
  return load_dataset(select_dataset("image_folder: {root: " + root.path().string() + "}"), split, 1);
}

std::unique_ptr<BatchSource> open(const TemporaryFolder& root, LoaderOptions options, Split split = Split::train) {
  options.size = {6, 8};
  return make_loader(std::make_shared<const Dataset>(load(root, split)), options);
}

LoaderOptions augmenting(std::int64_t workers, std::int64_t batch_size) {
  LoaderOptions options{.shuffle = true, .seed = 3};
  for (const char* item : {"random_resized_crop: {size: [6, 8]}", "horizontal_flip", "color_jitter: {brightness: 0.5}", "random_erasing"})
    options.transforms.push_back(select_transform(item));
  options.workers = workers;
  options.batch_size = batch_size;
  options.endless = true;
  return options;
}

}  // namespace

TEST_CASE("image_folder's classes are the sorted folders of train, and its images the files at or below them") {
  const TemporaryFolder root;
  write_folder(root);
  const Dataset train = load(root, Split::train), test = load(root, Split::test);
  CHECK(train.classes == std::vector<std::string>{"cat", "dog"});
  CHECK(train.labels == std::vector<std::int32_t>{0, 0, 0, 1, 1, 1});
  CHECK(std::get<ImageFiles>(train.pixels).path(3) == root.path().string() + "/train/dog/deep/0.PNG");
  CHECK(test.classes == train.classes);
  CHECK(test.labels == std::vector<std::int32_t>{1});
  fs::remove_all(root.path() / "test");
  CHECK_FALSE(has_split(select_dataset("image_folder: {root: " + root.path().string() + "}"), Split::test));
}

TEST_CASE("folders that hold no dataset are errors that name them") {
  const TemporaryFolder root;
  const auto error = [&](Split split) { return input_error([&] { load(root, split); }); };
  CHECK(contains(error(Split::train), "/train: no such folder"));
  fs::create_directory(root.path() / "train");
  CHECK(contains(error(Split::train), "/train: has no folder in it"));
  write_folder(root);
  fs::create_directory(root.path() / "train/bird");
  CHECK(contains(error(Split::train), "/train/bird: has no .jpg, .jpeg or .png file in it"));
  write_image(root, "test/mouse/a.png", 1);
  CHECK(contains(error(Split::test), "/test/mouse: is a class that " + root.path().string() + "/train lacks"));
}

TEST_CASE("linked folders are followed but for links to where they lie, and hidden files and folders are left out") {
  const TemporaryFolder root;
  write_folder(root);
  write_image(root, "elsewhere/far.png", 5);
  write_image(root, "train/cat/.trash/old.png", 6);
  write_image(root, "train/cat/._0.png", 7);
  fs::create_directory_symlink(root.path() / "elsewhere", root.path() / "train/cat/linked");
  fs::create_directory_symlink(root.path() / "train/cat", root.path() / "elsewhere/back");
  fs::create_directory_symlink("..", root.path() / "train/dog/deep/up");
  fs::create_symlink("itself", root.path() / "train/dog/itself");
  const Dataset train = load(root, Split::train);
  CHECK(train.labels == std::vector<std::int32_t>{0, 0, 0, 0, 1, 1, 1});
  CHECK(std::get<ImageFiles>(train.pixels).path(3) == root.path().string() + "/train/cat/linked/far.png");
}

TEST_CASE("images of kinds that are not read are counted in a warning") {
  const TemporaryFolder root;
  write_folder(root);
  CHECK(load(root, Split::train).warning.empty());
  for (const char* name : {"train/cat/a.webp", "train/dog/deep/b.TIFF", "test/dog/c.gif"}) write_text(root.path() / name, "");
  const std::string path = root.path().string();
  CHECK(load(root, Split::train).warning ==
        path + "/train: left out 2 image files of other kinds than JPEG and PNG; convert them to have them used");
  CHECK(contains(load(root, Split::test).warning, path + "/test: left out 1 image file of"));
}

TEST_CASE("a test folder that is named must be there, the default one need not") {
  const TemporaryFolder root;
  write_folder(root);
  const auto named = [&](const std::string& test) {
    return select_dataset("image_folder: {root: " + root.path().string() + ", test: " + test + "}");
  };
  CHECK(load_dataset(named("test"), Split::test, 1).size() == 1);
  CHECK(contains(input_error([&] { load_dataset(named("tset"), Split::test, 1); }), "/tset: no such folder"));
}

TEST_CASE("a folder that may not be read is an error that names it") {
  const TemporaryFolder root;
  write_folder(root);
  fs::permissions(root.path() / "train/cat", fs::perms::none);
  {
    const WithoutRights rights;
    CHECK(contains(input_error([&] { load(root, Split::train); }), "/train/cat: cannot be read: Permission denied"));
  }
  fs::permissions(root.path() / "train/cat", fs::perms::owner_all);
}

TEST_CASE("a link that leads nowhere and a pipe, called like images, are errors with their names once they are read") {
  for (const bool is_link : {false, true}) {
    const TemporaryFolder root;
    write_folder(root);
    const std::string path = root.file("test/dog/b.png");
    if (is_link)
      fs::create_symlink("nowhere", path);
    else
      REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    const auto source = open(root, {}, Split::test);
    const std::string message = input_error([&] { take(*source, 2); });
    CHECK(contains(message, path + (is_link ? ": cannot be read: No such file" : ": is not a regular file")));
  }
}

TEST_CASE("files come in the epoch's order, whatever the number of workers and the size of batches") {
  const TemporaryFolder root;
  write_folder(root);
  const auto plain = open(root, {});
  const Batch batch = take(*plain, 6);
  CHECK(batch.labels == std::vector<std::int32_t>{0, 0, 0, 1, 1, 1});
  for (std::size_t i = 0; i < 6; ++i) CHECK(batch.images[i * 144] == static_cast<float>(i < 3 ? i : 7 + i) / 255.0F);

  std::vector<Batch> expected;
  const auto single = open(root, augmenting(1, 6));
  for (const int epoch : {0, 1, 2}) {
    single->seek(epoch, 0);
    expected.push_back(take(*single, 6));
  }
  CHECK(expected[0].images != expected[1].images);
  for (const std::int64_t workers : {2, 5}) {
    const auto several = open(root, augmenting(workers, 1));
    for (const std::size_t epoch : {0U, 1U, 2U}) {
      several->seek(static_cast<std::int64_t>(epoch), 0);
      const Batch first = take(*several, 4), second = take(*several, 2);
      CHECK(std::equal(first.images.begin(), first.images.end(), expected[epoch].images.begin()));
      CHECK(std::equal(second.images.rbegin(), second.images.rend(), expected[epoch].images.rbegin()));
    }
    several->seek(1, 3);
    CHECK(take(*several, 3).labels == std::vector<std::int32_t>(expected[1].labels.begin() + 3, expected[1].labels.end()));
  }
}

TEST_CASE("a broken image stops with its name, is replaced in training, and has no label in measuring") {
  const TemporaryFolder root;
  write_folder(root);
  write_text(root.path() / "train/cat/1.png", "broken");
  const auto stops = open(root, {});
  CHECK(contains(input_error([&] { take(*stops, 6); }), "/train/cat/1.png: is neither a JPEG nor a PNG file"));

  LoaderOptions options;
  options.on_error = LoaderOptions::OnError::replace;
  const auto replaces = open(root, options);
  const Batch replaced = take(*replaces, 6);
  CHECK(replaced.images[144] == 2.0F / 255.0F);
  REQUIRE(replaces->unreadable().size() == 1);
  CHECK(contains(replaces->unreadable().front(), "/train/cat/1.png: is neither"));

  options.on_error = LoaderOptions::OnError::leave_out;
  CHECK(take(*open(root, options), 6).labels == std::vector<std::int32_t>{0, BatchSource::no_label, 0, 1, 1, 1});
}

TEST_CASE("a folder of which no image can be read is an error, also where broken ones are skipped") {
  const TemporaryFolder root;
  for (const char* name : {"train/cat/1.png", "train/dog/1.png"}) {
    fs::create_directories((root.path() / name).parent_path());
    write_text(root.path() / name, "broken");
  }
  LoaderOptions options;
  options.on_error = LoaderOptions::OnError::replace;
  const auto source = open(root, options);
  CHECK(contains(input_error([&] { take(*source, 2); }), "none of 2 images can be read: " + root.path().string()));
}

TEST_CASE("an image of another size than the network's is an error that names it and says what to do") {
  const TemporaryFolder root;
  write_folder(root);
  write_image(root, "train/cat/1.png", 1, {3, 9, 9});
  const std::string message = input_error([&] { take(*open(root, {}), 6); });
  CHECK(contains(message, "/train/cat/1.png: is 3x9x9 after the transforms, but the network takes 3x6x8"));
  CHECK(contains(message, "resize: {size: [6, 8]}"));
}

TEST_CASE(
    "an image that can be read and does not fit is an error also where broken ones are skipped, the first one before anything is read") {
  const TemporaryFolder root;
  write_folder(root);
  using OnError = LoaderOptions::OnError;
  for (const OnError on_error : {OnError::replace, OnError::leave_out}) {
    LoaderOptions options, cropping;
    options.on_error = cropping.on_error = on_error;
    cropping.transforms = {select_transform("random_crop: {size: [6, 8]}")};
    write_image(root, "train/cat/1.png", 1, {3, 9, 5});
    CHECK(contains(input_error([&] { take(*open(root, options), 6); }), "/train/cat/1.png: is 3x9x5 after the transforms"));
    CHECK(contains(input_error([&] { take(*open(root, cropping), 6); }), "/train/cat/1.png: random_crop: 6x8 pixels do not fit"));
    write_image(root, "train/cat/0.png", 0, {3, 5, 9});
    CHECK(contains(input_error([&] { open(root, options); }), "/train/cat/0.png: is 3x5x9 after the transforms"));
    CHECK(contains(input_error([&] { open(root, cropping); }), "/train/cat/0.png: random_crop: 6x8 pixels do not fit"));
    write_folder(root);
  }
}

TEST_CASE("a source of files can be dropped while its workers read ahead") {
  const TemporaryFolder root;
  write_folder(root);
  for (int i = 0; i < 20; ++i) take(*open(root, augmenting(3, 3)), 1);
}

}  // namespace cnnctl
