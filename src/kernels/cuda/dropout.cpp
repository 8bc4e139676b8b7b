#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include "kernels/cuda/dispatch.hpp"

namespace radonc::kernels {
namespace {

at::Tensor dropout(const at::Tensor& x_in, double p, std::int64_t seed) {
  TORCH_CHECK(p >= 0 && p < 1, "radonc::dropout: expected a probability 0 <= p < 1, got ", p);
  const auto x = x_in.contiguous();
  auto y = at::empty_like(x);
  launch_by_type(x, "radonc::dropout", [&]<typename T>(const auto& launch, std::type_identity<T>) {
    device::dropout(launch, pointer<T>(x), written<T>(y), x.numel(), Dropout(p, seed));
  });
  return y;
}

}  // namespace

TORCH_LIBRARY_IMPL(radonc, CUDA, m) {
  m.impl("dropout", dropout);
}

}  // namespace radonc::kernels
