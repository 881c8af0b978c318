#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <new>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/commands/bench.h"
#include "cli/commands/command.h"
#include "cli/commands/convert.h"
#include "cli/commands/data.h"
#include "cli/commands/eval.h"
#include "cli/commands/layers.h"
#include "cli/commands/openmp_waits.h"
#include "cli/commands/predict.h"
#include "cli/commands/shape_check.h"
#include "cli/commands/sweep.h"
#include "cli/commands/train.h"
#include "cli/terminal/help_formatter.h"
#include "cli/terminal/terminal.h"
#include "engine/experiment/experiment.h"
#include "engine/runtime/model.h"
#include "engine/schema/schema.h"

namespace cnnctl {
namespace {

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

/// What is wrong with a command line that has words nothing asked for.
std::string describe_extras(const CLI::App& app) {
  const auto commands = app.get_subcommands();
  const CLI::App& owner = commands.empty() ? app : *commands.front();
  const std::vector<std::string> rest = app.remaining(true);
  const std::string word = rest.empty() ? "" : rest.front();
  if (word.starts_with("-")) {
    const std::string name = word.substr(0, word.find('='));
    const std::string key = name.starts_with("--") ? name.substr(2) : "";
    const bool is_of_config = !commands.empty() && declares(train_declaration(), key);
    return fmt::format(
        "unknown option '{}'{}{}", name, commands.empty() ? "" : " for " + owner.get_name(),
        is_of_config ? fmt::format("; the config has it: --set train.{}=VALUE", key) : did_you_mean(name, option_names(owner)));
  }
  if (!commands.empty()) return fmt::format("{} does not know what to do with '{}'", owner.get_name(), word);
  if (word == "help") return "unknown command 'help'; write 'cnnctl --help' or 'cnnctl COMMAND --help'";
  return fmt::format("unknown command '{}'{}", word, did_you_mean(word, command_names(app)));
}

std::string describe(const CLI::App& app, const CLI::ParseError& error) {
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) return describe_extras(app);
  const std::string message = error.what();
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr)
    return message.substr(0, message.find(':')) + (message.find("At Most") == std::string::npos ? " needs a value" : " is given twice");
  return message;
}

/// What --help or --version asked for.
int print_information(const CLI::App& app, const CLI::ParseError& request) {
  std::ostringstream text;
  const int status = app.exit(request, text, std::cerr);
  print(text.str());
  return status;
}

int report_parse_error(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return print_information(app, error);
  const auto commands = app.get_subcommands();
  print_error(describe(app, error));
  fmt::print(stderr, "'cnnctl {}--help' shows what there is\n", commands.empty() ? "" : commands.front()->get_name() + " ");
  return exit_wrong_input;
}

/// Runs the command that was named on the command line.
int run(CLI::App& app, const std::vector<Command>& commands, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return report_parse_error(app, error);
  }
  const auto named = std::find_if(commands.begin(), commands.end(), [](const Command& command) { return command.app->parsed(); });
  if (named != commands.end()) {
    if (named->computes) shorten_openmp_waits(argv);
    return named->run();
  }
  print_error("a command is needed");
  std::cerr << '\n' << app.help();
  return exit_wrong_input;
}

/// The exit status of an exception, which is told on standard error: the one place where errors end.
int report_exception() {
  try {
    throw;
  } catch (const ConfigError& error) {
    std::cerr << to_text(error.diagnostics(), wants_color(stderr));
    return exit_wrong_input;
  } catch (const InputError& error) {
    print_error(error.what());
    return exit_wrong_input;
  } catch (const BrokenPipe&) {
    return exit_failed;
  } catch (const std::bad_alloc&) {
    print_error("out of memory; a smaller train.batch_size needs less, and 'cnnctl shape-check' shows how much");
    return exit_failed;
  } catch (const std::filesystem::filesystem_error& error) {
    print_error(fmt::format("{}: {}", error.path1().string(), error.code().message()));
    return error.code() == std::errc::permission_denied ? exit_wrong_input : exit_failed;
  } catch (const std::exception& error) {
    print_error(error.what());
    return exit_failed;
  }
}

/// Occupies standard descriptors that the caller closed: a file of the run would get their number, and the output for its content.
/// Opened for reading, so that writing to a closed output is the error that it should be.
void reserve_standard_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(descriptor, F_GETFD) < 0) ::open("/dev/null", O_RDONLY);  // gives the lowest free number, which is this one
}

/// Gives large memory back to the system as soon as it is free. By itself the library would keep what reading and initializing weights
/// took, for as long as the program runs.
void return_freed_memory() {
  constexpr int large = 1 << 20;  // bytes
  mallopt(M_MMAP_THRESHOLD, large);
}

/// The whole program but for its errors.
int run_command_line(int argc, char** argv) {
  reserve_standard_descriptors();
  return_freed_memory();
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of write(), which is handled
  std::signal(SIGXFSZ, SIG_IGN);  // so is a file that grows beyond a limit
  CLI::App app("Train and evaluate convolutional networks that a YAML file declares.", "cnnctl");
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_version_flag(
      "--version", [] { return fmt::format("cnnctl {} ({})", CNNCTL_VERSION, runtime_description()); },
      "Print the version, with oneDNN's and the instruction set it uses, and exit");
  app.footer(
      "'cnnctl COMMAND --help' explains a command.\n\n"
      "Examples:\n"
      "  cnnctl train configs/digits.yaml\n"
      "  cnnctl eval runs/digits\n"
      "  cnnctl shape-check configs/mnist_convnet.yaml");
  app.require_subcommand(0, 1);  // a second one's name is an argument, as in "layers train"
  const std::vector<Command> commands = {setup_train(app),   setup_sweep(app),   setup_eval(app),  setup_shape_check(app), setup_data(app),
                                         setup_predict(app), setup_convert(app), setup_bench(app), setup_layers(app)};
  return run(app, commands, argc, argv);
}

}  // namespace
}  // namespace cnnctl

int main(int argc, char** argv) {
  try {
    return cnnctl::run_command_line(argc, argv);
  } catch (...) {
    return cnnctl::report_exception();
  }
}
