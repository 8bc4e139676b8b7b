#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include "kernels/cpu/dispatch.hpp"

namespace radonc::kernels {
namespace {

template <typename T>
RADONC_INLINE void rotate_tokens(const T* x, const float* cos, const float* sin, T* y, std::int64_t tokens,
                                 std::int64_t heads, std::int64_t half) {
  for (std::int64_t t = 0; t < tokens; ++t) {
    for (std::int64_t h = 0; h < heads; ++h) {
      const std::int64_t offset = (t * heads + h) * 2 * half;
      rope_head(x + offset, cos + t * half, sin + t * half, y + offset, half);
    }
  }
}

at::Tensor rope(const at::Tensor& x_in, const at::Tensor& cos_in, const at::Tensor& sin_in) {
  TORCH_CHECK(x_in.dim() == 3 && cos_in.dim() == 2 && cos_in.sizes() == sin_in.sizes() &&
                  cos_in.size(0) == x_in.size(0) && cos_in.size(1) * 2 == x_in.size(2),
              "radonc::rope: expected x [T, heads, d] and cos, sin [T, d/2], got ", x_in.sizes(), ", ", cos_in.sizes(),
              " and ", sin_in.sizes());
  TORCH_CHECK(cos_in.scalar_type() == at::kFloat && sin_in.scalar_type() == at::kFloat,
              "radonc::rope: expected float32 angles, got ", cos_in.scalar_type());
  const auto x = x_in.contiguous(), cos = cos_in.contiguous(), sin = sin_in.contiguous();
  auto y = at::empty_like(x);
  const std::int64_t heads = x.size(1), half = x.size(2) / 2, row = heads * 2 * half;
  by_type(x, "radonc::rope", [&]<typename T>(T) {
    const auto rotate = at_level<rotate_tokens<T>>();
    at::parallel_for(0, x.size(0), grain_rows(row), [&](std::int64_t begin, std::int64_t end) {
      rotate(pointer<T>(x) + begin * row, pointer<float>(cos) + begin * half, pointer<float>(sin) + begin * half,
             pointer<T>(y) + begin * row, end - begin, heads, half);
    });
  });
  return y;
}

}  // namespace

TORCH_LIBRARY_IMPL(radonc, CPU, m) {
  m.impl("rope", rope);
}

}  // namespace radonc::kernels
