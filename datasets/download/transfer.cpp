#include "datasets/download/transfer.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <exception>
#include <memory>
#include <new>

#include "datasets/download/curl.h"

namespace cnnctl {
namespace {

constexpr const char* protocols = "http,https";
constexpr long most_redirects = 10;
constexpr long partial_content = 206;
constexpr long range_not_satisfiable = 416;

using Easy = std::unique_ptr<CURL, decltype(::curl_easy_cleanup)*>;

/// One transfer, as libcurl's callbacks see it. No exception may pass through libcurl, so one is kept until it has returned.
struct Receiver {
  CURL* easy;
  PartFile& part;
  std::uint64_t size;
  const std::function<void(std::uint64_t)>& progress;
  std::chrono::seconds stall_limit;
  std::chrono::steady_clock::time_point last_byte = std::chrono::steady_clock::now();
  bool has_begun = false;
  bool is_too_long = false;
  std::exception_ptr error = nullptr;

  bool take(std::span<const char> bytes) {
    last_byte = std::chrono::steady_clock::now();
    if (!has_begun) begin();
    is_too_long = bytes.size() > size - part.size();
    if (is_too_long) return false;
    part.append(bytes);
    progress(part.size());
    return true;
  }

  bool is_stalled() const { return std::chrono::steady_clock::now() - last_byte > stall_limit; }

  void begin() {
    has_begun = true;
    long status = 0;
    curl().easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != partial_content) part.clear();
  }
};

std::size_t receive(char* bytes, std::size_t /*one*/, std::size_t count, void* receiver_pointer) {
  auto& receiver = *static_cast<Receiver*>(receiver_pointer);
  try {
    if (receiver.take({bytes, count})) return count;
  } catch (...) {
    receiver.error = std::current_exception();
  }
  return count + 1;  // another number than was given ends the transfer
}

/// libcurl calls this about once a second while nothing comes. Its own limit (CURLOPT_LOW_SPEED_TIME) goes by an average over seconds.
int watch(void* receiver, curl_off_t /*size*/, curl_off_t /*done*/, curl_off_t /*upload_size*/, curl_off_t /*uploaded*/) {
  return static_cast<const Receiver*>(receiver)->is_stalled() ? 1 : 0;
}

void set_options(CURL* easy, const std::string& url, const TransferLimits& limits) {
  curl().easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl().easy_setopt(easy, CURLOPT_PROTOCOLS_STR, protocols);
  curl().easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
  curl().easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
  curl().easy_setopt(easy, CURLOPT_MAXREDIRS, most_redirects);
  curl().easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
  curl().easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl().easy_setopt(easy, CURLOPT_USERAGENT, "cnnctl");
  curl().easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, static_cast<long>(limits.connect_seconds));
}

std::string describe(CURLcode code, long status, const char* details, const TransferLimits& limits) {
  if (code == CURLE_HTTP_RETURNED_ERROR)
    return fmt::format("the server answered {}{}", status, status == 404 ? ", there is no such file" : "");
  if (code == CURLE_ABORTED_BY_CALLBACK) return fmt::format("the server sent nothing for {} s", limits.stall_seconds);
  return *details != '\0' ? details : curl().easy_strerror(code);
}

Trouble trouble_of(CURLcode code, long status) {
  if (status == range_not_satisfiable) return Trouble::other_file;
  const bool is_broken = code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR || code == CURLE_ABORTED_BY_CALLBACK ||
                         code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM;
  return is_broken ? Trouble::broken : Trouble::refused;
}

}  // namespace

std::optional<TransferFailure> transfer(const std::string& url, PartFile& part, std::uint64_t size, const TransferLimits& limits,
                                        const std::function<void(std::uint64_t)>& progress) {
  const Easy easy(curl().easy_init(), curl().easy_cleanup);
  if (!easy) throw std::bad_alloc();
  set_options(easy.get(), url, limits);
  std::array<char, CURL_ERROR_SIZE> details{};
  curl().easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, details.data());
  // Not CURLOPT_RESUME_FROM, which makes an error of a server that sends the whole file.
  const std::string range = fmt::format("{}-", part.size());
  if (part.size() > 0) curl().easy_setopt(easy.get(), CURLOPT_RANGE, range.c_str());
  Receiver receiver{easy.get(), part, size, progress, std::chrono::seconds(limits.stall_seconds)};
  curl().easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, receive);
  curl().easy_setopt(easy.get(), CURLOPT_WRITEDATA, &receiver);
  curl().easy_setopt(easy.get(), CURLOPT_NOPROGRESS, 0L);
  curl().easy_setopt(easy.get(), CURLOPT_XFERINFOFUNCTION, watch);
  curl().easy_setopt(easy.get(), CURLOPT_XFERINFODATA, &receiver);

  const CURLcode code = curl().easy_perform(easy.get());
  if (receiver.error) std::rethrow_exception(receiver.error);
  if (code == CURLE_OK) return std::nullopt;
  if (receiver.is_too_long)
    return TransferFailure{Trouble::other_file, fmt::format("is longer than the {} bytes of the published file", size)};
  long status = 0;
  curl().easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  return TransferFailure{trouble_of(code, status), describe(code, status, details.data(), limits)};
}

std::string check_folder_url(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(::curl_url_cleanup)*> parsed(curl().url(), curl().url_cleanup);
  if (!parsed) throw std::bad_alloc();
  if (!url.starts_with("http://") && !url.starts_with("https://")) return "must begin with http:// or https://";
  if (curl().url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return "is no URL";
  if (url.find_first_of("?#") != std::string::npos) return "must end with a folder's name";
  return "";
}

}  // namespace cnnctl
