#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "datasets/download/archive.h"
#include "datasets/download/transfer.h"

namespace cnnctl {

/// A file on the web, with what tells that it came whole and unchanged.
struct RemoteFile {
  std::string name;        // behind the last / of its address, and of the file here
  std::uint64_t size = 0;  // bytes
  std::string sha256;      // as sha256_of_file writes it
};

/// A file that is to be fetched into a folder as it is, or an archive whose members are.
struct Download {
  std::vector<std::string> places;  // addresses of folders that hold the same file, in the order in which they are tried
  RemoteFile file;
  std::string folder;                       // it is fetched to
  std::vector<ArchiveMember> members = {};  // of an archive, which does not stay
};

/// How far one file has come.
struct DownloadProgress {
  std::string file;
  std::uint64_t done = 0;  // bytes
  std::uint64_t size = 0;
};

/// Whoever shows what is done is told here.
struct DownloadListener {
  /// Before each transfer: progress.done bytes are here already.
  std::function<void(const std::string& url, const DownloadProgress& progress)> start = [](const std::string&, const DownloadProgress&) {};
  std::function<void(const std::string& line)> line = [](const std::string&) {};
  std::function<void(const DownloadProgress& progress)> progress = [](const DownloadProgress&) {};
};

/// No place gave the file; ends in exit status 1. The message names every address that was tried, with what was wrong there.
class DownloadError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Fetches a file that is not there, and makes its folder where that is missing. What an earlier try left behind (NAME.part) is gone on
/// with. The file gets its name only once size and hash are right. An archive that lies in the folder already is held against the hash,
/// unpacked and kept. Throws DownloadError; InputError where the folder cannot be written to; std::runtime_error where the disk is full.
void fetch(const Download& download, const DownloadListener& listener, const TransferLimits& limits = {});

}  // namespace cnnctl
