#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include "kernels/cuda/dispatch.cuh"

namespace radonc::kernels {
namespace {

/// One block a row: x, y [rows, n], weight [n].
template <typename T>
__global__ void forward(const T* x, const T* weight, T* y, std::int64_t n, float eps) {
  x += blockIdx.x * n;
  y += blockIdx.x * n;
  float squares = 0;
  for (std::int64_t i = threadIdx.x; i < n; i += kThreads)
    squares += static_cast<float>(x[i]) * static_cast<float>(x[i]);
  const float r = rsqrtf(block_sum(squares) / static_cast<float>(n) + eps);
  for (std::int64_t i = threadIdx.x; i < n; i += kThreads)
    y[i] = static_cast<T>(static_cast<float>(x[i]) * r * static_cast<float>(weight[i]));
}

/// dx = r (g - x r² mean(g x)), with g = dy · weight and r = 1 / rms(x).
template <typename T>
__global__ void backward(const T* grad, const T* x, const T* weight, T* out, std::int64_t n, float eps) {
  grad += blockIdx.x * n;
  x += blockIdx.x * n;
  out += blockIdx.x * n;
  float squares = 0, dot = 0;
  for (std::int64_t i = threadIdx.x; i < n; i += kThreads) {
    const float value = static_cast<float>(x[i]);
    squares += value * value;
    dot += static_cast<float>(grad[i]) * static_cast<float>(weight[i]) * value;
  }
  const float r = rsqrtf(block_sum(squares) / static_cast<float>(n) + eps);
  const float c = block_sum(dot) / static_cast<float>(n) * r * r;
  for (std::int64_t i = threadIdx.x; i < n; i += kThreads) {
    const float g = static_cast<float>(grad[i]) * static_cast<float>(weight[i]);
    out[i] = static_cast<T>(r * (g - c * static_cast<float>(x[i])));
  }
}

void check(const at::Tensor& x, const at::Tensor& weight) {
  TORCH_CHECK(weight.dim() == 1 && x.dim() >= 1 && x.size(-1) == weight.size(0),
              "radonc::rms_norm: expected x [..., n] and weight [n], got ", x.sizes(), " and ", weight.sizes());
  TORCH_CHECK(x.scalar_type() == weight.scalar_type() && weight.is_cuda(),
              "radonc::rms_norm: expected one type on one device");
}

at::Tensor rms_norm(const at::Tensor& x_in, const at::Tensor& weight_in, double eps) {
  check(x_in, weight_in);
  const c10::cuda::CUDAGuard guard(x_in.device());
  const auto x = x_in.contiguous(), weight = weight_in.contiguous();
  auto y = at::empty_like(x);
  const std::int64_t n = x.size(-1), rows = n == 0 ? 0 : x.numel() / n;
  if (rows == 0) return y;
  by_type(x, "radonc::rms_norm", [&]<typename T>(T) {
    forward<<<rows, kThreads, 0, c10::cuda::getCurrentCUDAStream()>>>(
        x.const_data_ptr<T>(), weight.const_data_ptr<T>(), y.mutable_data_ptr<T>(), n, static_cast<float>(eps));
  });
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return y;
}

at::Tensor rms_norm_backward(const at::Tensor& grad_in, const at::Tensor& x_in, const at::Tensor& weight_in,
                             double eps) {
  check(x_in, weight_in);
  const c10::cuda::CUDAGuard guard(x_in.device());
  const auto grad = grad_in.contiguous(), x = x_in.contiguous(), weight = weight_in.contiguous();
  auto out = at::empty_like(x);
  const std::int64_t n = x.size(-1), rows = n == 0 ? 0 : x.numel() / n;
  if (rows == 0) return out;
  by_type(x, "radonc::rms_norm_backward", [&]<typename T>(T) {
    backward<<<rows, kThreads, 0, c10::cuda::getCurrentCUDAStream()>>>(
        grad.const_data_ptr<T>(), x.const_data_ptr<T>(), weight.const_data_ptr<T>(), out.mutable_data_ptr<T>(), n,
        static_cast<float>(eps));
  });
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return out;
}

}  // namespace

TORCH_LIBRARY_IMPL(radonc, CUDA, m) {
  m.impl("rms_norm", rms_norm);
  m.impl("rms_norm_backward", rms_norm_backward);
}

}  // namespace radonc::kernels
