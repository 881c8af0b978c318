#include "engine/runtime/program.h"

#include <algorithm>
#include <cmath>

#include "engine/graph/arena.h"
#include "engine/runtime/layout.h"
#include "engine/runtime/timing.h"

namespace cnnctl {
namespace {

constexpr auto kFloatBytes = static_cast<std::int64_t>(sizeof(float));

/// Of the trainable parameters' gradients, those that no backward step writes: what lies between two parameters, which begin at cache
/// lines, and the gradients of those that the output does not depend on.
std::vector<ElementRange> unwritten_gradients(const CompiledProgram& compiled, const ParameterStore& store) {
  std::vector<ElementRange> written;
  for (const LabelledStep& step : compiled.backward)
    for (const BufferId id : step.uses.buffers)
      if (const Buffer& buffer = compiled.buffers[static_cast<std::size_t>(id)]; buffer.home == BufferHome::gradient)
        written.push_back(store.trainable_range(buffer.parameter));
  std::sort(written.begin(), written.end(), [](const ElementRange& a, const ElementRange& b) { return a.begin < b.begin; });
  written.push_back({store.trainable_count(), store.trainable_count()});
  std::vector<ElementRange> others;
  std::size_t end = 0;
  for (const ElementRange& range : written) {
    if (range.begin > end) others.push_back({end, range.begin});
    end = std::max(end, range.end);
  }
  return others;
}

std::vector<std::int64_t> place_constants(const std::vector<Buffer>& buffers, std::int64_t& total) {
  std::vector<std::int64_t> offsets(buffers.size(), 0);
  for (std::size_t i = 0; i < buffers.size(); ++i)
    if (buffers[i].home == BufferHome::constant) {
      offsets[i] = total;
      total += in_whole_lines(buffers[i].bytes);
    }
  return offsets;
}

}  // namespace

StepListProgram::StepListProgram(CompiledProgram compiled, std::int64_t batch_size, ParameterStore& store, bool profile)
    : compiled_(std::move(compiled)), batch_size_(batch_size), store_(store), profile_(profile) {
  place_in_arena();
  std::int64_t constant_bytes = 0;
  constant_offsets_ = place_constants(compiled_.buffers, constant_bytes);
  constants_ = AlignedMemory(static_cast<std::size_t>(constant_bytes));
}

void StepListProgram::place_in_arena() {
  std::vector<Lifetime> lifetimes;
  std::vector<std::size_t> owners;
  for (std::size_t i = 0; i < compiled_.buffers.size(); ++i) {
    const Buffer& buffer = compiled_.buffers[i];
    const bool is_gradient = buffer.home == BufferHome::gradient;
    if ((buffer.home != BufferHome::arena && !is_gradient) || !buffer.life) continue;
    lifetimes.push_back(*buffer.life);
    if (is_gradient) lifetimes.back().offset = static_cast<std::int64_t>(store_.trainable_range(buffer.parameter).begin) * kFloatBytes;
    owners.push_back(i);
  }
  if (compiled_.output_gradient >= 0) {
    zero_gradients_ = unwritten_gradients(compiled_, store_);
    // Behind the last step all gradients stand, also those that become zero then.
    const int end = compiled_.buffers[static_cast<std::size_t>(compiled_.output)].life->last;
    lifetimes.push_back({static_cast<std::int64_t>(store_.trainable_count()) * kFloatBytes, end, end, 0});
  }
  const ArenaPlan plan = plan_arena(lifetimes);
  arena_offsets_.assign(compiled_.buffers.size(), 0);
  for (std::size_t i = 0; i < owners.size(); ++i) arena_offsets_[owners[i]] = plan.offsets[i];
  arena_bytes_ = plan.bytes;
}

void StepListProgram::bind(std::byte* arena) {
  if (compiled_.output_gradient >= 0) gradients_ = store_.trainable_gradients(arena);
  addresses_.assign(compiled_.buffers.size(), nullptr);
  for (std::size_t i = 0; i < addresses_.size(); ++i) {
    const Buffer& buffer = compiled_.buffers[i];
    switch (buffer.home) {
      case BufferHome::arena:
      case BufferHome::gradient:
        addresses_[i] = arena + arena_offsets_[i];
        break;
      case BufferHome::constant:
        addresses_[i] = constants_.data() + constant_offsets_[i];
        break;
      case BufferHome::value:
        addresses_[i] = store_.value(buffer.parameter);
        break;
    }
  }
  for (auto* steps : {&compiled_.prepare, &compiled_.forward})
    for (LabelledStep& step : *steps) step.step->bind(addresses_);
  std::vector<void*> renewed = addresses_;
  for (const Renewal& renewal : compiled_.renewals)
    renewed[static_cast<std::size_t>(renewal.first)] = addresses_[static_cast<std::size_t>(renewal.again)];
  for (LabelledStep& step : compiled_.backward) step.step->bind(renewed);
}

std::span<float> StepListProgram::input() {
  return {floats(compiled_.input),
          static_cast<std::size_t>(compiled_.buffers[static_cast<std::size_t>(compiled_.input)].bytes) / sizeof(float)};
}

std::span<const float> StepListProgram::output() const {
  return {floats(compiled_.output), static_cast<std::size_t>(compiled_.output_count)};
}

std::span<float> StepListProgram::output_gradient() {
  if (compiled_.output_gradient < 0) return {};
  return {floats(compiled_.output_gradient), static_cast<std::size_t>(compiled_.output_count)};
}

void StepListProgram::prepare() {
  if (prepared_version_ == store_.version()) return;
  for (LabelledStep& step : compiled_.prepare) step.step->run();
  prepared_version_ = store_.version();
}

void StepListProgram::forward() {
  prepare();
  run(compiled_.forward, forward_times_);
}

std::string StepListProgram::first_not_finite() {
  prepare();
  std::size_t done = 0;
  std::vector<float> values;
  for (const NodeResult& result : compiled_.results) {
    for (; done < result.steps; ++done) compiled_.forward[done].step->run();
    values.resize(static_cast<std::size_t>(count_elements(dims_of(result.tensor.desc))));
    copy_to_plain(result.tensor.desc, floats(result.tensor.buffer), values);
    if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); })) return result.layer;
  }
  return "";
}

std::span<const float> StepListProgram::input_gradient() const {
  if (compiled_.input_gradient < 0) return {};
  return {floats(compiled_.input_gradient),
          static_cast<std::size_t>(compiled_.buffers[static_cast<std::size_t>(compiled_.input_gradient)].bytes) / sizeof(float)};
}

void StepListProgram::backward() {
  run(compiled_.backward, backward_times_);
  for (const ElementRange& range : zero_gradients_)
    std::fill(gradients_.begin() + static_cast<std::ptrdiff_t>(range.begin), gradients_.begin() + static_cast<std::ptrdiff_t>(range.end),
              0.0F);
}

void StepListProgram::run(std::vector<LabelledStep>& steps, Times& times) {
  if (!profile_) {
    for (LabelledStep& step : steps) step.step->run();
    return;
  }
  times.resize(steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto start = Clock::now();
    steps[i].step->run();
    times[i].push_back(seconds_since(start));
  }
}

std::vector<StepTime> StepListProgram::step_times() const {
  std::vector<StepTime> result;
  const auto add = [&](const std::vector<LabelledStep>& steps, const Times& times) {
    for (std::size_t i = 0; i < times.size(); ++i) {
      const StepLabel& label = steps[i].label;
      const double seconds = median(times[i]);  // which leaves out the first runs, that compile kernels
      result.push_back({label.layer, label.pass, label.implementation, label.format, seconds * 1e3, label.flops / seconds / 1e9});
    }
  };
  add(compiled_.forward, forward_times_);
  add(compiled_.backward, backward_times_);
  return result;
}

}  // namespace cnnctl
