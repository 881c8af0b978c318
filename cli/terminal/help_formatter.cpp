#include "cli/terminal/help_formatter.h"

namespace cnnctl {

HelpFormatter::HelpFormatter() { column_width(34); }

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  const bool has_value = option->get_type_size() != 0 && !option->get_type_name().empty();
  return has_value ? " " + option->get_type_name() : "";
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
  const std::string value = option->get_default_str();
  return option->get_description() + (value.empty() ? "" : " (default: " + value + ")");
}

}  // namespace cnnctl
