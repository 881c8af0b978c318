#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/formats/safetensors.h"
#include "engine/runtime/model.h"

namespace cnnctl {

/// Fills every parameter from its Initializer, as PyTorch's layers do by default, from `seed`. The same seed gives the same weights on
/// every machine.
void initialize(Model& model, std::uint64_t seed);

/// What became of the tensors of a file, and of the network's parameters, by name.
struct LoadedWeights {
  std::vector<std::string> loaded;
  std::vector<std::string> left_out;    // what a glob matched: of the network, or of the file alone
  std::vector<std::string> extra;       // of the file, with its shape; "num_batches_tracked" and "optimizer." aside, which no one misses
  std::vector<std::string> idle_globs;  // that match no parameter of the network
};

/// Whether a tensor of a checkpoint is no part of the network, but the optimizer's: "optimizer.STATE.NAME", where `stored` says that the
/// file has a tensor NAME as well. A network may have a group called optimizer.
bool is_training_state(std::string_view name, const std::function<bool(const std::string& name)>& stored);

/// Throws InputError that names every parameter of a network which the file lacks or has in another shape, with both shapes and `advice`.
/// Before a model is made, this bounds the memory for its parameters by what the file holds.
void require_fitting(const Graph& graph, const SafeTensors& file, const std::string& path, const std::vector<std::string>& except,
                     std::string_view advice);

/// Copies the tensors of a file into the parameters of the same names; shapes that differ only by dimensions of 1 agree. Parameters that
/// match one of the globs `except` keep their values. Throws InputError as require_fitting does, or where a number is not finite, and then
/// has changed nothing.
LoadedWeights load_weights(Model& model, const SafeTensors& file, const std::string& path, const std::vector<std::string>& except,
                           std::string_view advice = "leave tensors out with --init-except, for example --init-except 'fc.*'");

/// A line for each tensor of the file that nothing needs, and for each glob that matches nothing.
std::vector<std::string> warnings(const LoadedWeights& weights, const std::string& path);

/// Three lines for the log: what was loaded, left out, extra.
std::vector<std::string> summary(const LoadedWeights& weights, const std::string& path);

/// "16x1x5x5", "scalar" where there is none: dimensions for messages.
std::string dims_text(const std::vector<std::int64_t>& dims);

/// True where `a` and `b` are the same but for dimensions of 1.
bool same_dims(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b);

}  // namespace cnnctl
