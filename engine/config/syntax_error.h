#pragma once

#include <string>
#include <string_view>

namespace cnnctl {

/// A YAML syntax error in plain words, with a way out.
struct SyntaxError {
  std::string message;
  std::string hint;
};

/// Explains what yaml-cpp reports as `reason` for the text around the byte `offset` of `text`.
SyntaxError explain_syntax_error(std::string_view reason, std::string_view text, std::size_t offset);

}  // namespace cnnctl
