#include "datasets/readers/digits.h"

#include <algorithm>
#include <numeric>

#include "tests/datasets/support.h"

namespace cnnctl {
namespace {

Dataset draw(const std::string& arguments, Split split, std::uint64_t seed) {
  return load_dataset(select_dataset("digits: {" + arguments + "}"), split, seed);
}

/// FNV-1a.
std::uint64_t hash_of(const std::vector<std::uint8_t>& bytes) {
  return std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0xcbf29ce484222325U},
                         [](std::uint64_t hash, std::uint8_t byte) { return (hash ^ byte) * 0x100000001b3U; });
}

TEST_CASE("digits are the same on every machine") {
  CHECK(hash_of(bytes_of(draw("train: 100", Split::train, 1))) == 8864670901047720750U);
  CHECK(hash_of(bytes_of(draw("test: 100", Split::test, 1))) == 2861115546004957813U);
}

TEST_CASE("digits are as many as asked for, each equally often") {
  const Dataset dataset = draw("train: 50, test: 20", Split::test, 3);
  CHECK(dataset.image == Shape{1, 28, 28});
  CHECK(bytes_of(dataset).size() == 20 * 28 * 28);
  CHECK(dataset.classes.size() == 10);
  for (int digit = 0; digit < 10; ++digit) CHECK(std::count(dataset.labels.begin(), dataset.labels.end(), digit) == 2);
}

TEST_CASE("digits differ between splits and between seeds") {
  const std::vector<std::uint8_t> train = bytes_of(draw("train: 20", Split::train, 1));
  CHECK(train != bytes_of(draw("test: 20", Split::test, 1)));
  CHECK(train != bytes_of(draw("train: 20", Split::train, 2)));
}

TEST_CASE("fewer digits are the first of more") {
  const std::vector<std::uint8_t> few = bytes_of(draw("train: 5", Split::train, 1));
  const std::vector<std::uint8_t> more = bytes_of(draw("train: 12", Split::train, 1));
  CHECK(std::equal(few.begin(), few.end(), more.begin()));
}

TEST_CASE("every digit has bright strokes on dark paper") {
  const Dataset dataset = draw("train: 500", Split::train, 7);
  const std::vector<std::uint8_t>& pixels = bytes_of(dataset);
  for (auto begin = pixels.begin(); begin != pixels.end(); begin += 28 * 28) {
    std::vector<std::uint8_t> image(begin, begin + 28 * 28);
    std::sort(image.begin(), image.end());
    CHECK(image[28 * 28 - 10] > image[28 * 28 / 2] + 40);
  }
}

}  // namespace
}  // namespace cnnctl
