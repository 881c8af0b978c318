#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cnnctl {

/// Paths of image files, which are read when they are needed: one text for all, since a dataset may have millions.
class ImageFiles {
 public:
  /// `folder` is put before every name; `channels`: 3, or 1 to read luminance alone.
  ImageFiles(std::string folder, std::int64_t channels) : folder_(std::move(folder)), channels_(channels) {}

  void add(const std::string& name) {
    names_ += name;
    ends_.push_back(names_.size());
  }
  std::size_t size() const { return ends_.size(); }
  std::int64_t channels() const { return channels_; }
  std::string path(std::size_t index) const {
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return folder_ + names_.substr(begin, ends_[index] - begin);
  }

 private:
  std::string folder_;
  std::int64_t channels_;
  std::string names_;
  std::vector<std::size_t> ends_;
};

}  // namespace cnnctl
