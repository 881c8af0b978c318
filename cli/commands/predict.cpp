#include "cli/commands/predict.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <numeric>
#include <span>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands/inputs.h"
#include "cli/commands/predict_input.h"
#include "cli/terminal/option_checks.h"
#include "cli/terminal/terminal.h"
#include "engine/experiment/shipped.h"
#include "engine/formats/input_file.h"
#include "engine/formats/npy.h"
#include "engine/runtime/model.h"
#include "engine/runtime/threads.h"
#include "engine/training/weights.h"

namespace cnnctl {
namespace {

constexpr std::int64_t largest_batch = 100;

/// A network with trained weights: the config that made it, and its classes' names where they are known.
struct Predictor {
  Experiment experiment;
  SafeTensors weights;
  std::string weights_path;
  std::vector<std::string> classes;
};

Predictor load_predictor(const PredictOptions& options) {
  if (is_checkpoint(options.source)) {
    if (!options.init.empty()) throw InputError(fmt::format("{} has weights of its own: leave out --init", options.source));
    SavedExperiment saved = load_checkpoint(options.source, options.sets);
    return {std::move(saved.experiment), std::move(saved.checkpoint.file), saved.path, std::move(saved.checkpoint.classes)};
  }
  if (options.init.empty() && !may_exist(options.source) && shipped_config(options.source) == nullptr)
    throw InputError(fmt::format("{}: there is no such checkpoint or run's folder (nor a config, which needs --init)", options.source));
  Experiment experiment = load_config(options.source, options.sets);
  if (options.init.empty())
    throw InputError(fmt::format("{} is a config, which has no weights; add --init with a .safetensors or .pth file, or name a checkpoint",
                                 options.source));
  return {std::move(experiment), read_init(options.init), options.init, {}};
}

/// Logits of all images, N x classes.
std::vector<float> run_network(Model& model, BatchSource& source) {
  std::vector<float> logits;
  std::vector<std::int32_t> labels;
  source.seek(0, 0);
  for (std::int64_t first = 0; first < source.size(); first += largest_batch) {
    const std::int64_t batch = std::min(largest_batch, source.size() - first);
    labels.resize(static_cast<std::size_t>(batch));
    Program& program = model.evaluation(batch);
    source.next(program.input(), labels);
    program.forward();
    logits.insert(logits.end(), program.output().begin(), program.output().end());
  }
  return logits;
}

std::vector<double> softmax(std::span<const float> logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  std::vector<double> result;
  for (const float logit : logits) result.push_back(std::exp(logit - largest));
  const double sum = std::accumulate(result.begin(), result.end(), 0.0);
  for (double& value : result) value /= sum;
  return result;
}

struct Guess {
  std::size_t index = 0;
  std::string name;
  double probability = 0;
};

/// The `top` classes of one image, the likeliest first; of equal ones the first.
std::vector<Guess> best_guesses(std::span<const float> logits, const Predictor& predictor, std::int64_t top) {
  const bool given = gives_probabilities(predictor.experiment.graph);
  const std::vector<double> probabilities = given ? std::vector<double>(logits.begin(), logits.end()) : softmax(logits);
  std::vector<std::size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return logits[a] > logits[b]; });
  order.resize(static_cast<std::size_t>(top));
  std::vector<Guess> guesses;
  for (const std::size_t i : order)
    guesses.push_back({i, i < predictor.classes.size() ? predictor.classes[i] : std::to_string(i), probabilities[i]});
  return guesses;
}

/// A line an image, which begins with its file or its number.
std::string to_text(const std::vector<std::vector<Guess>>& images, const std::vector<std::string>& files) {
  std::string result;
  for (std::size_t image = 0; image < images.size(); ++image) {
    result += (files.empty() ? std::to_string(image) : files[image]) + ":";
    for (std::size_t i = 0; i < images[image].size(); ++i)
      result += fmt::format("{} {} {:.2f} %", i == 0 ? "" : ",", images[image][i].name, 100 * images[image][i].probability);
    result += "\n";
  }
  return result;
}

nlohmann::json to_json(const std::vector<std::vector<Guess>>& images, const std::vector<std::string>& files) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& guesses : images) {
    nlohmann::json classes = nlohmann::json::array();
    for (const Guess& guess : guesses)
      classes.push_back({{"index", guess.index}, {"name", guess.name}, {"probability", guess.probability}});
    nlohmann::json image = {{"image", list.size()}, {"classes", std::move(classes)}};
    if (!files.empty()) image["file"] = files[list.size()];
    list.push_back(std::move(image));
  }
  return {{"images", std::move(list)}};
}

std::vector<std::string> files_read(const PredictOptions& options) {
  std::vector<std::string> files = options.images;
  const std::string& source = options.source;
  files.insert(files.end(), {is_checkpoint(source) ? checkpoint_file(source) : source, options.input, options.init});
  return files;
}

/// Numbers that are not finite tell no class.
void require_finite(std::span<const float> logits, const std::string& image) {
  if (std::all_of(logits.begin(), logits.end(), [](float logit) { return std::isfinite(logit); })) return;
  throw std::runtime_error(fmt::format(
      "{}: the network gives numbers that are not finite, which tell no class; look for them in the image and in the weights", image));
}

}  // namespace

Command setup_predict(CLI::App& app) {
  auto options = std::make_shared<PredictOptions>();
  CLI::App* command = app.add_subcommand("predict", "Say which classes a trained network sees in images");
  command
      ->add_option("CHECKPOINT", options->source,
                   "A .safetensors file that 'train' wrote, a run's folder for its last one, or a config with --init")
      ->type_name("")
      ->required();
  command->add_option("IMAGE", options->images, "JPEG or PNG files, which go through the config's data.transforms.test")->type_name("");
  add_set_option(*command, options->sets);
  add_threads_option(*command, options->threads);
  command
      ->add_option("--init", options->init,
                   "The weights, where a config is given: a .safetensors file, or PyTorch's .pth with a state_dict")
      ->type_name("WEIGHTS")
      ->check(path_name())
      ->group("Input");
  command->add_option("--input", options->input, "Images N x C x H x W: float32 is taken as it is, uint8 scaled by 1/255 and normalized")
      ->type_name("FILE.npy")
      ->check(path_name())
      ->group("Input");
  command->add_option("--logits", options->logits, "Write the network's outputs, N x classes, as float32")
      ->type_name("FILE.npy")
      ->check(path_name())
      ->group("Output");
  command->add_option("--top", options->top, "Classes to print for each image")
      ->type_name("K")
      ->check(whole_number(1, 1 << 24))
      ->capture_default_str()
      ->group("Output");
  command->add_flag("--json", options->json, "Print one JSON object instead of a line an image")->group("Output");
  command->footer(
      "Examples:\n"
      "  cnnctl predict runs/pets cat.jpg dog.png --top 3\n"
      "  cnnctl predict runs/mnist_convnet --input images.npy\n"
      "  cnnctl predict runs/mnist_convnet/best.safetensors --input images.npy --top 3 --json\n"
      "  cnnctl predict configs/mnist_convnet.yaml --init weights.pth --input images.npy --logits logits.npy");
  return {command, [options] { return run_predict(*options); }, true};
}

int run_predict(const PredictOptions& options) {
  if (options.input.empty() && options.images.empty())
    throw InputError("predict needs images: name JPEG or PNG files, or else add --input FILE.npy");
  if (!options.input.empty() && !options.images.empty()) throw InputError("predict takes image files or --input FILE.npy, not both");
  if (!options.logits.empty()) check_output_file("--logits", options.logits, files_read(options));
  set_threads(options.threads);
  const Predictor predictor = load_predictor(options);
  const Graph& graph = predictor.experiment.graph;
  const auto classes = static_cast<std::size_t>(class_count(graph, "predict"));
  constexpr const char* advice = "predict needs the weights of this very network: check the config and --set";
  require_fitting(graph, predictor.weights, predictor.weights_path, {}, advice);
  const std::unique_ptr<BatchSource> source =
      options.input.empty() ? open_image_files(options.images, predictor.experiment) : open_array(options.input, predictor.experiment);
  if (options.top > static_cast<std::int64_t>(classes))
    throw InputError(fmt::format("--top {}: the network tells {} classes apart, so give at most {}", options.top, classes, classes));
  const std::int64_t images = source->size();

  Model model(graph, {.mode = Mode::evaluation,
                      .batch_size = std::clamp<std::int64_t>(images, 1, largest_batch),
                      .deterministic = predictor.experiment.train.deterministic});
  print_warnings(warnings(load_weights(model, predictor.weights, predictor.weights_path, {}, advice), predictor.weights_path));
  const std::vector<float> logits = run_network(model, *source);
  if (!options.logits.empty()) write_npy(options.logits, {images, static_cast<std::int64_t>(classes)}, logits);

  std::vector<std::vector<Guess>> guesses;
  for (std::size_t image = 0; image < static_cast<std::size_t>(images); ++image) {
    const std::span<const float> own = std::span(logits).subspan(image * classes, classes);
    require_finite(own, options.images.empty() ? fmt::format("image {}", image) : options.images[image]);
    guesses.push_back(best_guesses(own, predictor, options.top));
  }
  if (options.json)
    print_json(to_json(guesses, options.images));
  else
    print(to_text(guesses, options.images));
  return exit_done;
}

}  // namespace cnnctl
