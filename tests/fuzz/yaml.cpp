#include "engine/config/parse.h"
#include "engine/config/value.h"
#include "tests/fuzz/fuzz.h"

// The YAML reader. What it accepts, written as text again, has to be accepted too.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cnnctl;
  Diagnostics diagnostics;
  const Value value = parse_yaml(std::make_shared<const Source>(Source{"x.yaml", std::string(text_of(data, size))}), diagnostics);
  to_text(diagnostics, true);
  if (diagnostics.has_errors()) return 0;
  Diagnostics again;
  parse_yaml(std::make_shared<const Source>(Source{"again.yaml", to_yaml(value)}), again);
  if (again.has_errors()) __builtin_trap();
  return 0;
}
