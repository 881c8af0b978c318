#include "engine/formats/npy_header.h"

#include <charconv>

namespace cnnctl {
namespace {

/// Takes the text apart from left to right. Every function skips leading space and returns whether (or what) it found.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool take(std::string_view token) {
    if (!at(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }

  bool at(std::string_view token) {
    skip_space();
    return text_.starts_with(token);
  }

  std::optional<std::string> string() {
    for (const std::string_view quote : {"'", "\""}) {
      if (!take(quote)) continue;
      const std::size_t end = text_.find(quote);
      if (end == std::string_view::npos) return std::nullopt;
      std::string result(text_.substr(0, end));
      text_.remove_prefix(end + 1);
      return result;
    }
    return std::nullopt;
  }

  std::optional<bool> boolean() {
    if (take("True")) return true;
    if (take("False")) return false;
    return std::nullopt;
  }

  std::optional<std::vector<std::int64_t>> tuple() {
    if (!take("(")) return std::nullopt;
    std::vector<std::int64_t> numbers;
    while (!take(")")) {
      std::int64_t number = 0;
      skip_space();
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), number);
      if (error != std::errc{} || number < 0) return std::nullopt;
      text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
      numbers.push_back(number);
      if (!take(",") && !at(")")) return std::nullopt;
    }
    return numbers;
  }

  bool at_end() {
    skip_space();
    return text_.empty();
  }

 private:
  void skip_space() {
    const std::size_t end = text_.find_first_not_of(" \n");
    text_.remove_prefix(end == std::string_view::npos ? text_.size() : end);
  }

  std::string_view text_;
};

}  // namespace

std::optional<NpyHeader> parse_npy_header(std::string_view text) {
  Scanner scanner(text);
  std::optional<std::string> descr;
  std::optional<bool> fortran_order;
  std::optional<std::vector<std::int64_t>> shape;
  if (!scanner.take("{")) return std::nullopt;
  while (!scanner.take("}")) {
    const std::optional<std::string> key = scanner.string();
    if (!key || !scanner.take(":")) return std::nullopt;
    if (*key == "descr" && !descr) {
      descr = scanner.string();
    } else if (*key == "fortran_order" && !fortran_order) {
      fortran_order = scanner.boolean();
    } else if (*key == "shape" && !shape) {
      shape = scanner.tuple();
    } else {
      return std::nullopt;
    }
    if (!scanner.take(",") && !scanner.at("}")) return std::nullopt;
  }
  if (!scanner.at_end() || !descr || !fortran_order || !shape) return std::nullopt;
  return NpyHeader{std::move(*descr), *fortran_order, std::move(*shape)};
}

}  // namespace cnnctl
