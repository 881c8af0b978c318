#include "cli/commands/data.h"

#include <algorithm>
#include <cstdio>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands/data_report.h"
#include "cli/commands/download.h"
#include "cli/commands/inputs.h"
#include "cli/commands/preview.h"
#include "cli/commands/sources.h"
#include "cli/terminal/option_checks.h"
#include "cli/terminal/terminal.h"

namespace cnnctl {
namespace {

/// Adds what some images of a split are like; nothing where there are none.
void add_part(DataReport& report, const Experiment& experiment, const LoadedSplit& split, const std::vector<std::int32_t>& images,
              const std::string& name) {
  if (!split.dataset || images.empty()) return;
  LoaderOptions options = loader_options(experiment, Purpose::measuring);
  options.images = images;
  report.parts.push_back({name, image_statistics(*split.dataset, options)});
  report.scaled = !std::holds_alternative<std::vector<float>>(split.dataset->pixels);
  if (report.classes.empty()) report.classes = split.dataset->classes;
}

/// Gives the classes that the dataset does not name their numbers, and every part a count for each.
void complete_classes(DataReport& report) {
  std::size_t count = report.classes.size();
  for (const DataPart& part : report.parts) count = std::max(count, part.statistics.class_counts.size());
  while (report.classes.size() < count) report.classes.push_back(std::to_string(report.classes.size()));
  for (DataPart& part : report.parts) part.statistics.class_counts.resize(count);
}

std::vector<std::string> unreadable_files(const DataReport& report) {
  std::vector<std::string> files;
  for (const DataPart& part : report.parts) files.insert(files.end(), part.statistics.unreadable.begin(), part.statistics.unreadable.end());
  return files;
}

}  // namespace

Command setup_data(CLI::App& app) {
  auto options = std::make_shared<DataOptions>();
  CLI::App* command = app.add_subcommand("data", "Show what a config's dataset is like: classes, sizes, mean and deviation, or the images");
  command->add_option("CONFIG", options->config, "The config file, or a shipped config's name")->type_name("")->required();
  add_set_option(*command, options->sets);
  command
      ->add_option("--preview", options->preview,
                   "Write the first training images with their labels into this PNG picture instead,\nas the network sees them: "
                   "transformed, and mixed "
                   "where train.mixup or train.cutmix are on")
      ->type_name("FILE.png")
      ->check(path_name());
  command->add_flag("--json", options->json, "Print one JSON object instead of text");
  command->footer(
      "Heights and widths are those of the stored images. Mean and standard deviation are of all pixels of a channel, scaled to [0, 1], "
      "as\n"
      "data.transforms.test leaves them and data.normalize takes them; float32 images are taken as they are. The dataset need not fit the\n"
      "network. Image files are read one by one, however many there are.\n\n"
      "Examples:\n"
      "  cnnctl data configs/fashion_convnet.yaml\n"
      "  cnnctl data configs/fashion_convnet.yaml --preview images.png\n"
      "  cnnctl data net.yaml --set 'data.dataset={image_folder: {root: photos}}' --set data.on_error=skip");
  return {command, [options] { return run_data(*options); }};
}

int run_data(const DataOptions& options) {
  const Experiment experiment = load_config(options.config, options.sets);
  download_data(experiment, false);
  if (!options.preview.empty()) return run_preview(experiment, options.preview, options.json);
  DataReport report;
  report.dataset = experiment.data.dataset.type;
  {
    const LoadedSplit train = load_split_alone(experiment, Split::train);
    add_part(report, experiment, train, train.images, "train");
    add_part(report, experiment, train, train.validation, "validation");
  }
  const LoadedSplit test = load_split_alone(experiment, Split::test);
  add_part(report, experiment, test, test.images, "test");
  complete_classes(report);
  if (const auto files = unreadable_files(report); !files.empty()) print_warnings({skipped_text(files)});
  if (options.json)
    print_json(to_json(report));
  else
    print(to_text(report));
  return exit_done;
}

}  // namespace cnnctl
