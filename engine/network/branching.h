#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/diagnostics/diagnostic.h"
#include "engine/graph/graph.h"
#include "engine/schema/schema.h"

namespace cnnctl {

/// How an item joins its branches.
enum class Joining { residual, add, multiply, concat };

/// A type of item that has branches.
struct Branching {
  Joining joining;
  Declaration declaration;
};

/// All of them: residual, concat, add, multiply.
const std::vector<Branching>& branching_types();

/// The one called `name`, or nullptr.
const Branching* find_branching(std::string_view name);

/// A value that is joined with others.
struct Operand {
  ValueId value = 0;
  std::string label;  // "body", "branch 2", or the name that `from` gave
  Place place;        // where it is written
};

/// Joins values by a layer of its own, called `name`, in `group`. Shapes must agree: all of them in a sum or product, where a product also
/// takes channels x 1 x 1; all but the channels in a concatenation. Throws ShapeError that shows the operands with their lines.
ValueId join(Graph& graph, const Branching& branching, const std::string& name, GroupId group, const std::vector<Operand>& operands);

/// The smallest stride by which a 1x1 convolution turns a map of `in` pixels into one of `out`, along one dimension; 0 where there is none.
std::int64_t shortcut_stride(std::int64_t in, std::int64_t out);

}  // namespace cnnctl
