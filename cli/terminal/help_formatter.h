#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace cnnctl {

/// Help in which an option shows its name and what its value looks like, and its description ends in the default. CLI11's own adds ranges,
/// types and exclusions to the name, which then no longer fits its column.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter();
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
};

}  // namespace cnnctl
