#pragma once

#include <doctest/doctest.h>
#include <libdeflate.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "datasets/dataset.h"
#include "engine/config/parse.h"

namespace cnnctl {

/// The dataset that `yaml` selects, checked as a config's is; its mistakes go to `diagnostics`.
inline std::optional<Selection> try_select_dataset(const std::string& yaml, Diagnostics& diagnostics) {
  const auto source = std::make_shared<const Source>(Source{"test.yaml", yaml});
  return select(parse_yaml(source, diagnostics), "dataset", dataset_choices(), diagnostics);
}

inline Selection select_dataset(const std::string& yaml) {
  Diagnostics diagnostics;
  const std::optional<Selection> selection = try_select_dataset(yaml, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics.sorted()) FAIL_CHECK(to_text(diagnostic, false));
  REQUIRE(selection.has_value());
  return *selection;
}

/// An IDX file of unsigned bytes.
inline std::string idx_text(const std::vector<std::uint32_t>& dims, const std::string& bytes) {
  std::string text = {'\0', '\0', '\x08', static_cast<char>(dims.size())};
  for (const std::uint32_t dim : dims)
    for (const int shift : {24, 16, 8, 0}) text += static_cast<char>(dim >> shift & 0xFFU);
  return text + bytes;
}

inline std::string gzip(const std::string& text) {
  const std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> compressor(libdeflate_alloc_compressor(6),
                                                                                            libdeflate_free_compressor);
  std::string result(libdeflate_gzip_compress_bound(compressor.get(), text.size()), '\0');
  result.resize(libdeflate_gzip_compress(compressor.get(), text.data(), text.size(), result.data(), result.size()));
  return result;
}

inline const std::vector<std::uint8_t>& bytes_of(const Dataset& dataset) { return std::get<std::vector<std::uint8_t>>(dataset.pixels); }

}  // namespace cnnctl
