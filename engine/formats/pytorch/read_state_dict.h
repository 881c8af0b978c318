#pragma once

#include <string>
#include <string_view>

#include "engine/formats/pytorch.h"
#include "engine/formats/pytorch/zip_archive.h"

namespace cnnctl {

/// Reads the state_dict that a pickle describes; its numbers are in the archive's entries FOLDER/data/KEY (`folder` ends in a slash).
/// Throws as read_pytorch does.
PyTorchFile read_state_dict(const ZipArchive& archive, const std::string& folder, std::string_view pickle);

}  // namespace cnnctl
