#pragma once

#include <memory>
#include <string>

#include "engine/config/include.h"

namespace cnnctl {

/// What a file on disk includes: files relative to it, and where there is none, those that the binary carries.
std::shared_ptr<const Source> read_beside(const Source& including, const std::string& path);

/// What a config that the binary carries includes: others that it carries.
std::shared_ptr<const Source> read_shipped(const Source& including, const std::string& path);

/// For texts that must be complete by themselves, as a checkpoint's: throws InputError.
std::shared_ptr<const Source> refuse_include(const Source& including, const std::string& path);

}  // namespace cnnctl
