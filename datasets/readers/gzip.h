#pragma once

#include <cstdint>
#include <vector>

#include "engine/formats/input_file.h"

namespace cnnctl {

/// The content of a gzip file, of one member and below 4 GiB. The length that its end claims is believed only where so short a file can
/// hold so much, and no more is allocated than 64 MiB or twice what is really in it. Throws InputError with the file's name where it is no
/// gzip file, damaged, or made of several members.
std::vector<std::uint8_t> inflate_gzip(InputFile& file);

}  // namespace cnnctl
