#pragma once

#include <string>

#include "engine/graph/graph.h"
#include "engine/graph/shape.h"

namespace cnnctl {

/// A graph of one layer called "layer" over `input`; `arguments` is a YAML map, or "". Throws std::logic_error where they have mistakes.
Graph build_layer(const std::string& type, const std::string& arguments, const Shape& input);

/// The mistakes in a layer's arguments, a line each, without places.
std::string argument_errors(const std::string& type, const std::string& arguments);

/// The message of the ShapeError that building the layer throws, with its hint in brackets where there is one; "" where it throws none.
std::string shape_error(const std::string& type, const std::string& arguments, const Shape& input);

/// A vector of so many features.
inline Shape vector_of(std::int64_t features) { return {features, 1, 1, true}; }

/// "name dims constant|uniform value [fixed]", a line a parameter.
std::string parameter_text(const Graph& graph);

}  // namespace cnnctl
