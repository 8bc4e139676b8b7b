#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include "kernels/cuda/dispatch.cuh"

namespace radonc::kernels {
namespace {

/// One thread a pair: x, y [T, heads, 2 half], cos, sin [T, half], n = T · heads · half.
template <typename T>
__global__ void rotate(const T* x, const float* cos, const float* sin, T* y, std::int64_t heads, std::int64_t half,
                       std::int64_t n) {
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * kThreads;
  for (std::int64_t index = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x; index < n;
       index += stride) {
    const std::int64_t i = index % half, head = index / half, token = head / heads;
    const float c = cos[token * half + i], s = sin[token * half + i];
    const float a = static_cast<float>(x[head * 2 * half + i]), b = static_cast<float>(x[head * 2 * half + half + i]);
    y[head * 2 * half + i] = static_cast<T>(a * c - b * s);
    y[head * 2 * half + half + i] = static_cast<T>(b * c + a * s);
  }
}

at::Tensor rope(const at::Tensor& x_in, const at::Tensor& cos_in, const at::Tensor& sin_in) {
  TORCH_CHECK(x_in.dim() == 3 && cos_in.dim() == 2 && cos_in.sizes() == sin_in.sizes() &&
                  cos_in.size(0) == x_in.size(0) && cos_in.size(1) * 2 == x_in.size(2),
              "radonc::rope: expected x [T, heads, d] and cos, sin [T, d/2], got ", x_in.sizes(), ", ", cos_in.sizes(),
              " and ", sin_in.sizes());
  TORCH_CHECK(cos_in.scalar_type() == at::kFloat && sin_in.scalar_type() == at::kFloat && cos_in.is_cuda(),
              "radonc::rope: expected float32 angles on the device");
  const c10::cuda::CUDAGuard guard(x_in.device());
  const auto x = x_in.contiguous(), cos = cos_in.contiguous(), sin = sin_in.contiguous();
  auto y = at::empty_like(x);
  const std::int64_t heads = x.size(1), half = x.size(2) / 2, n = x.numel() / 2;
  if (n == 0) return y;
  by_type(x, "radonc::rope", [&]<typename T>(T) {
    rotate<<<blocks_for(n), kThreads, 0, c10::cuda::getCurrentCUDAStream()>>>(
        x.const_data_ptr<T>(), cos.const_data_ptr<float>(), sin.const_data_ptr<float>(), y.mutable_data_ptr<T>(), heads,
        half, n);
  });
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return y;
}

}  // namespace

TORCH_LIBRARY_IMPL(radonc, CUDA, m) {
  m.impl("rope", rope);
}

}  // namespace radonc::kernels
