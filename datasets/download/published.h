#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "datasets/download/download.h"
#include "engine/schema/arguments.h"

namespace cnnctl {

/// The arguments that a dataset has which can be fetched.
struct DownloadArguments {
  bool download = false;
  std::optional<std::string> mirror;
};

/// Adds them to a dataset's declaration.
template <class T>
Schema<T> with_download(Schema<T> schema) {
  return schema.optional("download", &DownloadArguments::download, "fetch the files that root lacks, and check their SHA-256")
      .optional("mirror", &DownloadArguments::mirror, "address of a folder that has the published files; none: the published places");
}

/// Reports a mirror that is no address, or that nothing would be fetched from. `arguments` is the dataset's map, or null.
void check_mirror(const Value& arguments, const DownloadArguments& read, Diagnostics& diagnostics);

/// The line of a table for `schema`, the mirror checked too.
template <class T>
Choice choice_with_download(const Schema<T>& schema) {
  return {&schema.declaration(), [&schema](const Value& arguments, const Place& place, Diagnostics& diagnostics) {
            if (const auto read = schema.read(arguments, place, diagnostics)) check_mirror(arguments, *read, diagnostics);
          }};
}

/// The places of a download: the published ones, or the mirror.
std::vector<std::string> places_of(const DownloadArguments& arguments, std::vector<std::string> published);

/// What is said about missing files of `dataset`: how to have them fetched, or to say where they are.
std::string download_hint(const std::string& dataset);

}  // namespace cnnctl
