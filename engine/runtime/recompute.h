#pragma once

#include "engine/graph/graph.h"
#include "engine/graph/recomputation.h"
#include "engine/runtime/compiler.h"

namespace cnnctl {

/// Puts copies of the forward steps that run again (`recomputation`, of the program's steps as they are) into the backward list, and gives
/// each buffer that they and the backward steps work on anew a second one.
void add_replays(CompiledProgram& program, const Recomputation& recomputation);

}  // namespace cnnctl
