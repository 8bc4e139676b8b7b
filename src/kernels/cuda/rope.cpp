#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include "kernels/cuda/dispatch.hpp"

namespace radonc::kernels {
namespace {

at::Tensor rope(const at::Tensor& x_in, const at::Tensor& cos_in, const at::Tensor& sin_in) {
  TORCH_CHECK(x_in.dim() == 3 && cos_in.dim() == 2 && cos_in.sizes() == sin_in.sizes() &&
                  cos_in.size(0) == x_in.size(0) && cos_in.size(1) * 2 == x_in.size(2),
              "radonc::rope: expected x [T, heads, d] and cos, sin [T, d/2], got ", x_in.sizes(), ", ", cos_in.sizes(),
              " and ", sin_in.sizes());
  TORCH_CHECK(cos_in.scalar_type() == at::kFloat && sin_in.scalar_type() == at::kFloat &&
                  cos_in.device() == x_in.device() && sin_in.device() == x_in.device(),
              "radonc::rope: expected float32 angles on x's device, got ", cos_in.scalar_type());
  const auto x = x_in.contiguous(), cos = cos_in.contiguous(), sin = sin_in.contiguous();
  auto y = at::empty_like(x);
  launch_by_type(x, "radonc::rope", [&]<typename T>(const auto& launch, std::type_identity<T>) {
    device::rope(launch, pointer<T>(x), pointer<float>(cos), pointer<float>(sin), written<T>(y), x.size(0), x.size(1),
                 x.size(2) / 2);
  });
  return y;
}

}  // namespace

TORCH_LIBRARY_IMPL(radonc, CUDA, m) {
  m.impl("rope", rope);
}

}  // namespace radonc::kernels
