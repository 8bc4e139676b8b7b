#include "kernels/cuda/dropout.cuh"

#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include "kernels/cuda/dispatch.cuh"

namespace radonc::kernels {
namespace {

at::Tensor dropout(const at::Tensor& x_in, double p, std::int64_t seed) {
  TORCH_CHECK(p >= 0 && p < 1, "radonc::dropout: expected a probability 0 <= p < 1, got ", p);
  const c10::cuda::CUDAGuard guard(x_in.device());
  const auto x = x_in.contiguous();
  auto y = at::empty_like(x);
  by_type(x, "radonc::dropout",
          [&]<typename T>(T) { device::dropout(Launch{}, pointer<T>(x), written<T>(y), x.numel(), Dropout(p, seed)); });
  return y;
}

}  // namespace

TORCH_LIBRARY_IMPL(radonc, CUDA, m) {
  m.impl("dropout", dropout);
}

}  // namespace radonc::kernels
