#include "engine/runtime/kernels/kernels.h"
#include "engine/runtime/layout.h"
#include "engine/runtime/ops/ops.h"

namespace cnnctl {
bool in_vector_blocks(const Desc& desc) {
  const auto layout = channel_layout(desc);
  return layout && has_vector_blocks(*layout);
}

Desc vector_blocked_desc(const Dims& dims) { return f32_desc(dims, kernels().vector_width == 16 ? FormatTag::nChw16c : FormatTag::nChw8c); }

Tensor in_channel_blocks(Compiler& compiler, ValueId value, const std::string& layer) {
  const Tensor& tensor = compiler.value(value);
  const Dims d = dims_of(tensor.desc);
  const bool spread = compiler.shape(value).flat && d[2] * d[3] > 1;
  if (!spread && in_vector_blocks(tensor.desc)) return tensor;
  const Tensor whole = spread ? compiler.as_vector(tensor, layer) : tensor;
  return compiler.in_format(whole, vector_blocked_desc(dims_of(whole.desc)), layer);
}

Tensor allocate_blocked(Compiler& compiler, ValueId value, const Desc& like) {
  return compiler.allocate(f32_desc(compiler.dims(value), channel_layout(like)->width == 16 ? FormatTag::nChw16c : FormatTag::nChw8c));
}

}  // namespace cnnctl
