#pragma once

#include <doctest/doctest.h>

#include <string>

#include "engine/diagnostics/diagnostic.h"

namespace cnnctl {

/// The message of the InputError that `call` throws; the test fails where it throws none.
template <class Call>
std::string input_error(Call&& call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  FAIL_CHECK("no InputError");
  return "";
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace cnnctl
