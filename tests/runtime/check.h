#pragma once

#include <random>
#include <string>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/runtime/model.h"
#include "plain.h"

namespace cnnctl {

/// The graph of a model written as in a config: `items` is the text of the list, `input` the shape of an image.
Graph network_of(const std::string& items, const Shape& input);

/// `count` numbers in [low, high), the same on every run.
std::vector<float> random_floats(std::size_t count, unsigned seed, float low = -1, float high = 1);

/// Sets every parameter of the model to random numbers (statistics positive) and returns them.
PlainParameters randomize(Model& model, unsigned seed);

/// ||a - b|| / ||b||, where ||b|| counts as a twentieth an element at least.
double relative_error(const std::vector<double>& a, const std::vector<double>& b);

/// The one checker of everything that trains: compares a model's forward pass, in training and in evaluation, with the plain loops in
/// double precision, and its gradients by input and parameters with central differences of those. Reports through doctest. `known` says how
/// convolutions are computed.
void check_graph(const Graph& graph, std::int64_t batch_size, const Choices& known = {});

/// The same of a model written as in a config.
void check_network(const std::string& items, const Shape& input, std::int64_t batch_size);

/// The passes of a model's training step that the library's plain loops (ref) compute, tens to hundreds of times slower than its others, a
/// line each; "" where there is none.
std::string plain_loops(const std::string& items, const Shape& input);

}  // namespace cnnctl
