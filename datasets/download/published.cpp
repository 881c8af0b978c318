#include "datasets/download/published.h"

#include <fmt/format.h>

#include "datasets/download/transfer.h"

namespace cnnctl {

void check_mirror(const Value& arguments, const DownloadArguments& read, Diagnostics& diagnostics) {
  if (!read.mirror) return;
  const Place& place = arguments.find("mirror")->place;
  if (const std::string mistake = check_folder_url(*read.mirror); !mistake.empty())
    diagnostics.error(place, fmt::format("mirror: '{}' {}", *read.mirror, mistake), "write an address like http://localhost:8000/mnist/");
  else if (!read.download)
    diagnostics.error(place, "mirror: nothing is fetched from it without download: true", "add download: true, or leave mirror out");
}

std::vector<std::string> places_of(const DownloadArguments& arguments, std::vector<std::string> published) {
  if (arguments.mirror) return {*arguments.mirror};
  return published;
}

std::string download_hint(const std::string& dataset) {
  return fmt::format(
      "\n  hint: have them fetched with --set data.dataset.{0}.download=true, or say where they are with --set "
      "data.dataset.{0}.root=FOLDER",
      dataset);
}

}  // namespace cnnctl
