#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "datasets/download/part_file.h"

namespace cnnctl {

/// How long a server may keep silent.
struct TransferLimits {
  int connect_seconds = 20;
  int stall_seconds = 30;  // without a byte
};

enum class Trouble {
  refused,     // there is no such server or no such file there
  broken,      // the connection broke; going on from there may help
  other_file,  // what is there is not the file
};

/// Why a transfer did not come to its end.
struct TransferFailure {
  Trouble trouble = Trouble::refused;
  std::string reason;
};

/// Fetches `url` by HTTP or HTTPS from byte part.size() on and adds what comes to `part`, of which `size` bytes at most are to come in all.
/// A server that sends the file from its beginning instead makes `part` empty first. `progress` is called with the bytes that are there.
/// Throws what PartFile throws.
std::optional<TransferFailure> transfer(const std::string& url, PartFile& part, std::uint64_t size, const TransferLimits& limits,
                                        const std::function<void(std::uint64_t done)>& progress);

/// What is wrong with `url` as the address of a folder of files, in words that follow "it"; "" where nothing is.
std::string check_folder_url(const std::string& url);

}  // namespace cnnctl
