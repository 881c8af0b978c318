#include "engine/network/blocks.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "engine/network/item.h"
#include "engine/network/vars.h"

namespace cnnctl {
namespace {

bool check_block_name(const Entry& entry, Diagnostics& diagnostics) {
  if (!is_identifier(entry.key)) {
    diagnostics.error(entry.key_place, fmt::format("'{}' cannot name a block", entry.key),
                      "a block's name consists of letters, digits and '_' and does not begin with a digit");
    return false;
  }
  if (!is_item_type(entry.key)) return true;
  diagnostics.error(entry.key_place, fmt::format("a block cannot be called '{}': that is a layer", entry.key));
  return false;
}

bool check_parameter_name(const Entry& entry, Diagnostics& diagnostics) {
  if (is_identifier(entry.key) && !is_special(entry.key) && !is_item_argument(entry.key)) return true;
  diagnostics.error(entry.key_place, fmt::format("'{}' cannot name a parameter", entry.key),
                    is_identifier(entry.key) ? "the word has a meaning of its own in every item or expression"
                                             : "a parameter's name consists of letters, digits and '_' and does not begin with a digit");
  return false;
}

bool read_parameters(const Value* params, Block& block, Diagnostics& diagnostics) {
  if (params == nullptr || params->is_null()) return true;
  if (!params->is_map()) {
    diagnostics.error(params->place, fmt::format("params must be a map of names and defaults, not {}", describe(*params)),
                      "write params: {width: , stride: 1}; one without a default must be given");
    return false;
  }
  bool valid = true;
  for (const Entry& entry : params->entries) {
    valid = check_parameter_name(entry, diagnostics) && valid;
    const bool required = entry.value.is_null();
    block.parameters.push_back({entry.key, entry.key_place, required ? nullptr : &entry.value});
    block.declaration.arguments.push_back({entry.key, "value", required, "", {}, {}, "a parameter of the block without a default"});
  }
  return valid;
}

bool read_layers(const Value& map, Block& block, Diagnostics& diagnostics) {
  block.layers = map.find("layers");
  if (block.layers == nullptr) {
    diagnostics.error(block.place, fmt::format("block '{}' needs layers (a list of items)", block.declaration.name));
    return false;
  }
  if (block.layers->is_list() || block.layers->is_scalar()) return true;
  diagnostics.error(block.layers->place, fmt::format("layers must be a list of items, not {}", describe(*block.layers)));
  return false;
}

std::optional<Block> read_block(const Entry& entry, Diagnostics& diagnostics) {
  if (!check_block_name(entry, diagnostics)) return std::nullopt;
  if (!entry.value.is_map()) {
    diagnostics.error(entry.value.place.source ? entry.value.place : entry.key_place,
                      fmt::format("block '{}' must be a map, not {}", entry.key, describe(entry.value)),
                      fmt::format("write {}: {{params: {{...}}, layers: [...]}}", entry.key));
    return std::nullopt;
  }
  Block block{.declaration = {entry.key, "", "", {}}, .place = entry.key_place, .parameters = {}};
  Diagnostics found;
  report_unknown_keys(entry.value, {"params", "layers", "inline"}, fmt::format("block '{}'", entry.key), found);
  bool valid = !found.has_errors();
  diagnostics.add(found);
  valid = read_parameters(entry.value.find("params"), block, diagnostics) && valid;
  valid = read_layers(entry.value, block, diagnostics) && valid;
  Argument argument;
  argument.name = "inline";
  if (const Value* in_line = entry.value.find("inline")) valid = read_value(*in_line, argument, block.in_line, diagnostics) && valid;
  if (!valid) return std::nullopt;
  return block;
}

}  // namespace

Blocks::Blocks(const Value& map, Diagnostics& diagnostics) {
  if (map.is_null()) return;
  if (!map.is_map()) {
    diagnostics.error(map.place, fmt::format("blocks must be a map of names and blocks, not {}", describe(map)),
                      "write blocks: {name: {params: {...}, layers: [...]}}");
    return;
  }
  for (const Entry& entry : map.entries) {
    std::optional<Block> block = read_block(entry, diagnostics);
    if (block)
      blocks_.emplace(entry.key, *std::move(block));
    else
      broken_.push_back(entry.key);
  }
}

const Block* Blocks::find(std::string_view name) const {
  const auto found = blocks_.find(name);
  return found == blocks_.end() ? nullptr : &found->second;
}

std::vector<std::string> Blocks::names() const {
  std::vector<std::string> result;
  for (const auto& [name, block] : blocks_) result.push_back(name);
  return result;
}

bool Blocks::is_broken(std::string_view name) const { return std::find(broken_.begin(), broken_.end(), name) != broken_.end(); }

void Blocks::warn_unused(const Place& source, Diagnostics& diagnostics) const {
  for (const auto& [name, block] : blocks_)
    if (!block.used && is_of_file(block.place, source)) diagnostics.warning(block.place, fmt::format("block '{}' is never used", name));
}

}  // namespace cnnctl
