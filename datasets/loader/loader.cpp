#include "datasets/loader/loader.h"

#include <utility>

#include "datasets/loader/file_loader.h"
#include "datasets/loader/memory_loader.h"

namespace cnnctl {

std::unique_ptr<BatchSource> make_loader(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options) {
  if (std::holds_alternative<ImageFiles>(dataset->pixels)) return make_file_loader(std::move(dataset), options);
  return make_memory_loader(std::move(dataset), options);
}

}  // namespace cnnctl
