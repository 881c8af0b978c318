#pragma once

#include <mutex>
#include <string>

#include <spdlog/sinks/base_sink.h>

#include "engine/formats/appended_file.h"

namespace cnnctl {

/// A log that ends in a file. Where the disk is full, a warning on standard error says so once, and the lines are written when there is
/// room again: training is not to end for the sake of its log.
class LogFile final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  /// Continues the file behind its first `kept` bytes. Throws as AppendedFile does.
  LogFile(const std::string& path, std::int64_t kept) : file_(path, kept) {}

  /// Bytes, with those that could not be written yet.
  std::int64_t size() const { return file_.size(); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override;

 private:
  template <class Write>
  void attempt(Write&& write);

  AppendedFile file_;
  bool failed_ = false;  // at the last attempt
};

}  // namespace cnnctl
