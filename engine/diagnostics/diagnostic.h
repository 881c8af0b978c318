#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "engine/diagnostics/place.h"

namespace cnnctl {

enum class Severity { warning, error };

/// A second place that a mistake concerns: the first of two equal names, the line that used a block.
struct Note {
  Place place;
  std::string message;
};

/// One mistake: what is wrong, where, and (hint) what to do about it. Messages start in lower case and end without a full stop.
struct Diagnostic {
  Severity severity = Severity::error;
  Place place;
  std::string message;
  std::string hint;
  std::vector<Note> notes;
};

/// All mistakes found so far. Checks add to it and go on, so that a user sees every mistake at once.
class Diagnostics {
 public:
  /// Of each severity the first thousand are kept; nobody reads more, and each may be long.
  void add(Diagnostic diagnostic);
  /// Adds all of `others`, in the order of the file.
  void add(const Diagnostics& others);
  void error(Place place, std::string message, std::string hint = "");
  void warning(Place place, std::string message, std::string hint = "");

  bool has_errors() const;
  std::size_t error_count() const { return errors_; }
  /// How many of a severity were not kept.
  std::size_t left_out(Severity severity) const;
  /// In the order of the file, duplicates removed. Diagnostics of different sources keep the order in which the sources first appeared.
  std::vector<Diagnostic> sorted() const;

 private:
  std::vector<Diagnostic> diagnostics_;
  std::size_t errors_ = 0, warnings_ = 0;  // kept or not
};

/// A diagnostic as a terminal shows it: "place: error: message", the line with the range underlined, "hint: ...", each note in the same
/// form. Ends with a line break. With `color`, ANSI colours.
std::string to_text(const Diagnostic& diagnostic, bool color);

/// All diagnostics, in the order of the file. Of each severity, those after the first 50 are only counted.
std::string to_text(const Diagnostics& diagnostics, bool color);

/// Mistakes of the user's in a config or on the command line; ends in exit status 2. what() is their text, without colours.
class ConfigError : public std::runtime_error {
 public:
  explicit ConfigError(Diagnostics diagnostics);
  const Diagnostics& diagnostics() const { return diagnostics_; }

 private:
  Diagnostics diagnostics_;
};

/// Throws ConfigError of one mistake.
[[noreturn]] void fail_at(const Place& place, std::string message, std::string hint = "");

/// Something the user named is missing or unusable: a file, a folder, a checkpoint; ends in exit status 2. The message says what, where and
/// what to do.
class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws ConfigError if there are errors among `diagnostics`.
void throw_if_errors(const Diagnostics& diagnostics);

}  // namespace cnnctl
