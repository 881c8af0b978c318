#include "engine/experiment/experiment.h"
#include "tests/experiment/tables.h"
#include "tests/fuzz/fuzz.h"

// A whole config, as a checkpoint carries it: the network is built, nothing is allocated or run.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cnnctl;
  Diagnostics diagnostics;
  try {
    parse_experiment("x.yaml", std::string(text_of(data, size)), {}, test_tables(), diagnostics);
  } catch (const ConfigError& error) {
    to_text(error.diagnostics(), true);
  } catch (const InputError&) {
  }
  return 0;
}
