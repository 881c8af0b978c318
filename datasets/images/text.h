#pragma once

#include <cstdint>
#include <string>

#include "datasets/images/image.h"

namespace cnnctl {

/// Pixels from a line of text to the next, at scale 1.
inline constexpr std::int64_t text_height = 12;

/// Pixels that a line of text is wide, at scale 1.
std::int64_t text_width(const std::string& text);

/// The text, or as much of its beginning as fits so many pixels at scale 1, with ".." behind it.
std::string cut_text(const std::string& text, std::int64_t width);

/// Draws a line of text in black, its upper left corner at (top, left), each pixel of the letters as scale x scale ones. What lies outside
/// the image is left out. Only ASCII has letters: any other character is shown as "?". The letters are stb_easy_font's.
void draw_text(Image& image, const std::string& text, std::int64_t top, std::int64_t left, std::int64_t scale);

}  // namespace cnnctl
