#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/value.h"
#include "engine/diagnostics/diagnostic.h"
#include "engine/schema/schema.h"

namespace cnnctl {

/// A template for items: `{params: {...}, layers: [...], inline: true}`.
struct Block {
  struct Parameter {
    std::string name;
    Place place;
    const Value* initial = nullptr;  // its default; nullptr where it is required
  };

  Declaration declaration;            // its name and parameters, as a layer declares its own
  Place place;                        // of its name
  std::vector<Parameter> parameters;  // in the declaration's order
  const Value* layers = nullptr;      // a list of items, or what stands for one
  bool in_line = false;               // its items join the list where it is used
  mutable bool used = false;
};

/// The blocks of a config, by name.
class Blocks {
 public:
  Blocks() = default;

  /// Reads the map of blocks (null where the config has none), which must outlive this. Mistakes go to `diagnostics`; a block whose form is
  /// wrong is left out, and what uses it is not checked.
  Blocks(const Value& map, Diagnostics& diagnostics);

  /// The block called `name`, or nullptr.
  const Block* find(std::string_view name) const;
  std::vector<std::string> names() const;
  /// Whether the config defines a block of that name, with mistakes.
  bool is_broken(std::string_view name) const;

  /// Warns of every block that the file of `source` itself defines and nothing used so far.
  void warn_unused(const Place& source, Diagnostics& diagnostics) const;

 private:
  std::map<std::string, Block, std::less<>> blocks_;
  std::vector<std::string> broken_;
};

}  // namespace cnnctl
