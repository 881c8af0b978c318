#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/runtime/dnnl.h"

namespace cnnctl {

/// Index of a program's buffer.
using BufferId = int;

/// A tensor of a program: its format, and the buffer it stands in.
struct Tensor {
  Desc desc;
  BufferId buffer = -1;
};

/// What a step is called in `bench --layers`.
struct StepLabel {
  std::string layer;
  std::string pass;
  std::string implementation;
  std::string format;
  double flops = 0;  // per run; 0 where a rate says nothing
};

/// One thing a program does: a primitive or a loop of our own, bound to memory. A program is a list of these.
class Step {
 public:
  virtual ~Step() = default;
  /// Takes the addresses of all buffers, by BufferId. Called again whenever they move.
  virtual void bind(std::span<void* const> buffers) = 0;
  virtual void run() = 0;
  /// Another step that does the same, to be bound by itself.
  virtual std::unique_ptr<Step> copy() const = 0;
};

/// A oneDNN argument (DNNL_ARG_SRC ...) and the tensor that goes there.
using PrimitiveArgument = std::pair<int, Tensor>;

/// A step that executes a oneDNN primitive.
std::unique_ptr<Step> primitive_step(dnnl::primitive primitive, std::vector<PrimitiveArgument> arguments);

/// A step that calls `run` with the addresses of the given buffers, in that order.
using KernelFunction = std::function<void(std::span<void* const>)>;
std::unique_ptr<Step> kernel_step(std::vector<BufferId> buffers, KernelFunction run);

}  // namespace cnnctl
