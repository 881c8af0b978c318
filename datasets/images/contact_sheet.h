#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "datasets/images/image.h"

namespace cnnctl {

/// Images side by side in rows, each with its label below, as a picture in colour. Small images are enlarged by a whole factor, so that
/// their pixels show.
class ContactSheet {
 public:
  /// For images of 1 or 3 channels and labels of so many lines, none of them wider than `label_width` pixels at scale 1; much wider ones
  /// are cut.
  ContactSheet(const Shape& image, std::int64_t lines, std::int64_t label_width);

  /// How many images make a sheet that a screen can show; at least 1, at most 64.
  std::int64_t capacity() const { return columns_ * rows_; }
  std::int64_t columns() const { return columns_; }
  /// How many times larger the images are shown.
  std::int64_t factor() const { return factor_; }

  /// Adds an image of the shape that was given. More than fit are a programming error.
  void add(Image image, std::vector<std::string> label);

  /// The sheet, 3 x height x width, with as many rows as are used.
  Image draw() const;

 private:
  struct Tile {
    Image image;
    std::vector<std::string> label;
  };
  void draw_tile(Image& sheet, const Tile& tile, std::int64_t top, std::int64_t left) const;

  Shape image_;
  std::int64_t factor_;
  std::int64_t cell_height_;
  std::int64_t cell_width_;
  std::int64_t columns_;
  std::int64_t rows_;
  std::vector<Tile> tiles_;
};

}  // namespace cnnctl
