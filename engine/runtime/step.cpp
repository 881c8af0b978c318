#include "engine/runtime/step.h"

namespace cnnctl {
namespace {

/// Keeps the C interface's argument list ready: the C++ one would build it from a hash map at every execution.
class PrimitiveStep final : public Step {
 public:
  PrimitiveStep(dnnl::primitive primitive, std::vector<PrimitiveArgument> arguments)
      : primitive_(std::move(primitive)), arguments_(std::move(arguments)) {}

  void bind(std::span<void* const> buffers) override {
    memories_.clear();
    execution_arguments_.clear();
    for (const auto& [index, tensor] : arguments_) {
      memories_.emplace_back(tensor.desc, cpu_engine(), buffers[static_cast<std::size_t>(tensor.buffer)]);
      execution_arguments_.push_back({index, memories_.back().get()});
    }
  }

  void run() override {
    dnnl::error::wrap_c_api(dnnl_primitive_execute(primitive_.get(), cpu_stream().get(), static_cast<int>(execution_arguments_.size()),
                                                   execution_arguments_.data()),
                            "oneDNN could not execute a primitive");
  }

  std::unique_ptr<Step> copy() const override { return std::make_unique<PrimitiveStep>(primitive_, arguments_); }

 private:
  dnnl::primitive primitive_;
  std::vector<PrimitiveArgument> arguments_;
  std::vector<dnnl::memory> memories_;
  std::vector<dnnl_exec_arg_t> execution_arguments_;
};

class KernelStep final : public Step {
 public:
  KernelStep(std::vector<BufferId> buffers, KernelFunction run) : buffers_(std::move(buffers)), run_(std::move(run)) {}

  void bind(std::span<void* const> buffers) override {
    pointers_.clear();
    for (const BufferId id : buffers_) pointers_.push_back(buffers[static_cast<std::size_t>(id)]);
  }

  void run() override { run_(pointers_); }

  std::unique_ptr<Step> copy() const override { return std::make_unique<KernelStep>(buffers_, run_); }

 private:
  std::vector<BufferId> buffers_;
  KernelFunction run_;
  std::vector<void*> pointers_;
};

}  // namespace

std::unique_ptr<Step> primitive_step(dnnl::primitive primitive, std::vector<PrimitiveArgument> arguments) {
  return std::make_unique<PrimitiveStep>(std::move(primitive), std::move(arguments));
}

std::unique_ptr<Step> kernel_step(std::vector<BufferId> buffers, KernelFunction run) {
  return std::make_unique<KernelStep>(std::move(buffers), std::move(run));
}

}  // namespace cnnctl
