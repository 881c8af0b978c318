#include "cli/commands/log_file.h"

#include <stdexcept>
#include <string_view>

#include "cli/commands/inputs.h"

namespace cnnctl {

template <class Write>
void LogFile::attempt(Write&& write) {
  try {
    write();
    failed_ = false;
  } catch (const std::runtime_error& error) {
    if (!failed_) print_warnings({error.what()});
    failed_ = true;
  }
}

void LogFile::sink_it_(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t text;
  formatter_->format(message, text);
  attempt([&] { file_.append(std::string_view(text.data(), text.size())); });
}

void LogFile::flush_() {
  attempt([&] { file_.flush(); });
}

}  // namespace cnnctl
