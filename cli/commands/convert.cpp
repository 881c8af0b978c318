#include "cli/commands/convert.h"

#include <filesystem>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "cli/commands/inputs.h"
#include "cli/terminal/numbers.h"
#include "cli/terminal/option_checks.h"
#include "cli/terminal/terminal.h"
#include "engine/diagnostics/diagnostic.h"
#include "engine/diagnostics/suggestion.h"
#include "engine/formats/pytorch.h"
#include "engine/training/weights.h"

namespace cnnctl {
namespace {

enum class Format { safetensors, pytorch };

/// The format that a name asks for.
Format output_format(const std::string& path) {
  const std::filesystem::path extension = std::filesystem::path(path).extension();
  if (extension == ".safetensors") return Format::safetensors;
  if (extension == ".pth" || extension == ".pt") return Format::pytorch;
  throw InputError(fmt::format("{}: the name has to end in .safetensors, .pth or .pt, which says what to write", path));
}

constexpr std::size_t most_listed = 8;

/// What a file holds, and lines about what the other form has no place for.
struct Input {
  StoredTensors content;
  std::vector<std::string> losses;
};

/// Takes out what a checkpoint holds for a resume: a state_dict has the network's tensors alone.
void leave_out_training_state(Input& input) {
  std::set<std::string> stored;
  for (const auto& [name, tensor] : input.content.tensors) stored.insert(name);
  const std::size_t left_out = std::erase_if(input.content.tensors, [&](const auto& entry) {
    return is_training_state(entry.first, [&](const std::string& name) { return stored.contains(name); });
  });
  if (left_out > 0)
    input.losses.push_back(
        fmt::format("left out, since it serves a resume alone: the optimizer's state, {} tensor{}", left_out, left_out == 1 ? "" : "s"));
}

Input read_input(const std::string& path, Format output) {
  Input input;
  if (!is_pytorch_file(path)) {
    input.content = read_stored_safetensors(path);
    if (output == Format::pytorch) leave_out_training_state(input);
    std::vector<std::string> keys;
    for (const auto& [key, value] : input.content.metadata)
      if (key != "format") keys.push_back(key);
    if (output == Format::pytorch && !keys.empty())
      input.losses.push_back(fmt::format("left out, since a state_dict holds tensors alone: the metadata {}", listed(keys, most_listed)));
    return input;
  }
  PyTorchFile file = read_pytorch(path);
  input.content = std::move(file.content);
  input.content.metadata["format"] = "pt";  // which readers of PyTorch's weights ask for
  if (!file.key.empty()) input.losses.push_back(fmt::format("taken: the tensors under '{}'", file.key));
  if (!file.left_out.empty())
    input.losses.push_back(fmt::format("left out, since they are no tensors of the state_dict: {}", listed(file.left_out, most_listed)));
  if (!file.shared.empty())
    input.losses.push_back(fmt::format("no longer shared with other tensors, but stored once more: {}", listed(file.shared, most_listed)));
  return input;
}

}  // namespace

Command setup_convert(CLI::App& app) {
  auto options = std::make_shared<ConvertOptions>();
  CLI::App* command = app.add_subcommand("convert", "Turn PyTorch's .pth into .safetensors, or back");
  command->add_option("IN", options->input, "A .safetensors file, or PyTorch's .pth or .pt with a state_dict")
      ->type_name("")
      ->check(path_name())
      ->required();
  command->add_option("OUT", options->output, "The file to write, in the form that its name ends in: .safetensors, .pth or .pt")
      ->type_name("")
      ->check(path_name())
      ->required();
  command->footer(
      "Names, shapes and types of elements stay. Nothing in a .pth is run, so a file from anywhere is safe to convert. What the other "
      "form\n"
      "has no place for is told.\n\n"
      "Examples:\n"
      "  cnnctl convert resnet18.pth resnet18.safetensors\n"
      "  cnnctl convert runs/mnist_convnet/best.safetensors mnist_convnet.pth");
  return {command, [options] { return run_convert(*options); }};
}

int run_convert(const ConvertOptions& options) {
  const Format format = output_format(options.output);
  check_output_file("OUT", options.output, {options.input});
  const Input input = read_input(options.input, format);
  if (format == Format::pytorch)
    write_pytorch(options.output, input.content);
  else
    write_stored_safetensors(options.output, input.content);
  std::int64_t bytes = 0;
  for (const auto& [name, tensor] : input.content.tensors) bytes += static_cast<std::int64_t>(tensor.bytes.size());
  std::string text;
  for (const std::string& line : input.losses) text += line + "\n";
  const std::size_t count = input.content.tensors.size();
  print(text + fmt::format("{}: {} tensor{}, {} bytes\n", options.output, count, count == 1 ? "" : "s", with_separators(bytes)));
  return exit_done;
}

}  // namespace cnnctl
