#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include "kernels/cuda/dispatch.cuh"

namespace radonc::kernels {
namespace {

__device__ inline float sigmoid(float x) {
  return 1.0F / (1.0F + expf(-x));
}

template <typename T>
__global__ void forward(const T* gate, const T* up, T* y, std::int64_t n) {
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * kThreads;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < n; i += stride) {
    const float g = static_cast<float>(gate[i]);
    y[i] = static_cast<T>(g * sigmoid(g) * static_cast<float>(up[i]));
  }
}

/// d silu(g)/dg = s (1 + g (1 - s)), with s = sigmoid(g).
template <typename T>
__global__ void backward(const T* grad, const T* gate, const T* up, T* gate_grad, T* up_grad, std::int64_t n) {
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * kThreads;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < n; i += stride) {
    const float g = static_cast<float>(gate[i]), s = sigmoid(g), dy = static_cast<float>(grad[i]);
    gate_grad[i] = static_cast<T>(dy * static_cast<float>(up[i]) * s * (1.0F + g * (1.0F - s)));
    up_grad[i] = static_cast<T>(dy * g * s);
  }
}

void check(const at::Tensor& gate, const at::Tensor& up) {
  TORCH_CHECK(gate.sizes() == up.sizes() && gate.scalar_type() == up.scalar_type() && up.is_cuda(),
              "radonc::swiglu: expected tensors of one shape and type on one device");
}

at::Tensor swiglu(const at::Tensor& gate_in, const at::Tensor& up_in) {
  check(gate_in, up_in);
  const c10::cuda::CUDAGuard guard(gate_in.device());
  const auto gate = gate_in.contiguous(), up = up_in.contiguous();
  auto y = at::empty_like(gate);
  const std::int64_t n = gate.numel();
  if (n == 0) return y;
  by_type(gate, "radonc::swiglu", [&]<typename T>(T) {
    forward<<<blocks_for(n), kThreads, 0, c10::cuda::getCurrentCUDAStream()>>>(
        gate.const_data_ptr<T>(), up.const_data_ptr<T>(), y.mutable_data_ptr<T>(), n);
  });
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return y;
}

std::tuple<at::Tensor, at::Tensor> swiglu_backward(const at::Tensor& grad_in, const at::Tensor& gate_in,
                                                   const at::Tensor& up_in) {
  check(gate_in, up_in);
  check(gate_in, grad_in);
  const c10::cuda::CUDAGuard guard(gate_in.device());
  const auto grad = grad_in.contiguous(), gate = gate_in.contiguous(), up = up_in.contiguous();
  auto gate_grad = at::empty_like(gate), up_grad = at::empty_like(gate);
  const std::int64_t n = gate.numel();
  if (n == 0) return {gate_grad, up_grad};
  by_type(gate, "radonc::swiglu_backward", [&]<typename T>(T) {
    backward<<<blocks_for(n), kThreads, 0, c10::cuda::getCurrentCUDAStream()>>>(
        grad.const_data_ptr<T>(), gate.const_data_ptr<T>(), up.const_data_ptr<T>(), gate_grad.mutable_data_ptr<T>(),
        up_grad.mutable_data_ptr<T>(), n);
  });
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return {gate_grad, up_grad};
}

}  // namespace

TORCH_LIBRARY_IMPL(radonc, CUDA, m) {
  m.impl("swiglu", swiglu);
  m.impl("swiglu_backward", swiglu_backward);
}

}  // namespace radonc::kernels
