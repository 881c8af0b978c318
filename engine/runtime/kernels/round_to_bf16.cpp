#include <algorithm>
#include <cstring>

#include "engine/runtime/kernels/declarations.h"
#include "engine/runtime/kernels/vectors.h"
#include "engine/runtime/kernels/words.h"

namespace cnnctl::CNNCTL_ISA {

void round_to_bf16(std::int64_t count, const float* x, void* y) {
  constexpr std::int64_t width = 16;
  const std::int64_t whole = count / width * width;
  auto* words = static_cast<float*>(y);
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < whole; i += width) Words::store_row(words + i / Words::numbers, Vectors<width>::load(x + i));

  float rest[width] = {}, rounded[width / Words::numbers];
  std::copy(x + whole, x + count, rest);
  Words::store_row(rounded, Vectors<width>::load(rest));
  std::memcpy(words + whole / Words::numbers, rounded, static_cast<std::size_t>(count - whole) * sizeof(float) / Words::numbers);
}

}  // namespace cnnctl::CNNCTL_ISA
