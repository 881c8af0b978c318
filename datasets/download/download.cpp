#include "datasets/download/download.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "datasets/download/part_file.h"
#include "datasets/download/sha256.h"
#include "engine/diagnostics/diagnostic.h"
#include "engine/formats/input_file.h"

namespace cnnctl {
namespace {

namespace fs = std::filesystem;

constexpr const char* root_hint = "\n  hint: give the dataset another folder as its root";
constexpr int most_continuations = 5;  // at one address, where each time some bytes came

/// The work on one download: its files, its settings, whom to tell.
class Fetcher {
 public:
  Fetcher(const Download& download, const DownloadListener& listener, const TransferLimits& limits)
      : download_(download),
        file_(download.file),
        listener_(listener),
        limits_(limits),
        target_((fs::path(download.folder) / file_.name).string()) {}

  void run() {
    if (is_done()) return;
    if (is_archive() && may_exist(target_)) return unpack_own_archive();
    make_folder();
    PartFile part(target_, [this] { listener_.line(fmt::format("waiting for another process that fetches {}", target_)); });
    if (is_done()) return;  // the other process has
    complete(part);
    if (is_archive())
      unpack_part(part);
    else
      part.rename_to(target_);
  }

 private:
  bool is_archive() const { return !download_.members.empty(); }

  bool is_done() const {
    if (!is_archive()) return may_exist(target_);
    return std::all_of(download_.members.begin(), download_.members.end(),
                       [](const ArchiveMember& member) { return may_exist(member.target); });
  }

  void make_folder() const {
    std::error_code error;
    fs::create_directories(download_.folder, error);
    if (error) throw InputError(fmt::format("{}: this folder cannot be made: {}{}", download_.folder, error.message(), root_hint));
  }

  /// One that the user put there.
  void unpack_own_archive() const {
    if (const std::string mistake = mistake_of(target_); !mistake.empty())
      throw InputError(fmt::format("{}: {}\n  hint: remove it, and it will be fetched", target_, mistake));
    listener_.line(fmt::format("unpacking {}", target_));
    unpack(target_, download_.members);
  }

  void unpack_part(PartFile& part) const {
    listener_.line(fmt::format("unpacking {}", file_.name));
    unpack(part.path(), download_.members);
    part.remove();
  }

  /// Why the file at `path` is not the published one, in words that follow it; "" where it is.
  std::string mistake_of(const std::string& path) const {
    if (const std::uint64_t size = fs::file_size(path); size != file_.size)
      return fmt::format("is {} bytes long, not the {} of the published file", size, file_.size);
    if (const std::string hash = sha256_of_file(path); hash != file_.sha256)
      return fmt::format("is another file than the published one: its SHA-256 is {}, not {}", hash, file_.sha256);
    return "";
  }

  /// Makes `part` the whole file.
  void complete(PartFile& part) const {
    if (part.size() > file_.size) part.clear();
    if (part.size() == file_.size) {
      if (mistake_of(part.path()).empty()) return;
      part.clear();
    }
    std::string failures;
    for (const std::string& place : download_.places) {
      const std::string url = place + (place.ends_with('/') ? "" : "/") + file_.name;
      const std::string failure = fetch_from(url, part);
      if (failure.empty()) return;
      if (&place != &download_.places.back()) listener_.line(fmt::format("{}: {}", url, failure));
      failures += fmt::format("\n  {}: {}", url, failure);
    }
    const std::string kept = part.size() > 0 ? fmt::format("\n  {} of {} bytes are kept for the next try", part.size(), file_.size) : "";
    throw DownloadError(fmt::format("{}: cannot be fetched{}{}", target_, failures, kept));
  }

  /// Fetches from one address until the file is whole or there is no getting on; returns why not.
  std::string fetch_from(const std::string& url, PartFile& part) const {
    for (int continuations = 0;; ++continuations) {
      const std::uint64_t start = part.size();
      listener_.start(url, {file_.name, start, file_.size});
      const auto failure = transfer(url, part, file_.size, limits_, [this](std::uint64_t done) {
        listener_.progress({file_.name, done, file_.size});
      });
      const bool is_broken_off = failure && part.size() != file_.size;
      const std::string mistake = is_broken_off ? failure->reason : mistake_of(part.path());
      if (mistake.empty()) return "";
      const Trouble trouble = is_broken_off ? failure->trouble : Trouble::other_file;
      if (trouble == Trouble::other_file) part.clear();
      const bool goes_on = trouble == Trouble::broken && part.size() > start;
      const bool starts_anew = trouble == Trouble::other_file && start > 0;  // what was there may be of another version
      if (continuations == most_continuations || (!goes_on && !starts_anew)) return mistake;
    }
  }

  const Download& download_;
  const RemoteFile& file_;
  const DownloadListener& listener_;
  const TransferLimits& limits_;
  std::string target_;
};

}  // namespace

void fetch(const Download& download, const DownloadListener& listener, const TransferLimits& limits) {
  Fetcher(download, listener, limits).run();
}

}  // namespace cnnctl
