#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include "kernels/cuda/dispatch.hpp"

namespace radonc::kernels {
namespace {

void check(const at::Tensor& x, const at::Tensor& weight) {
  TORCH_CHECK(weight.dim() == 1 && x.dim() >= 1 && x.size(-1) == weight.size(0),
              "radonc::rms_norm: expected x [..., n] and weight [n], got ", x.sizes(), " and ", weight.sizes());
  TORCH_CHECK(x.scalar_type() == weight.scalar_type() && x.device() == weight.device(),
              "radonc::rms_norm: expected one type on one device");
}

at::Tensor rms_norm(const at::Tensor& x_in, const at::Tensor& weight_in, double eps) {
  check(x_in, weight_in);
  const auto x = x_in.contiguous(), weight = weight_in.contiguous();
  auto y = at::empty_like(x);
  const std::int64_t n = x.size(-1), rows = n == 0 ? 0 : x.numel() / n;
  launch_by_type(x, "radonc::rms_norm", [&]<typename T>(const auto& launch, std::type_identity<T>) {
    device::rms_norm(launch, pointer<T>(x), pointer<T>(weight), written<T>(y), rows, n, static_cast<float>(eps));
  });
  return y;
}

at::Tensor rms_norm_backward(const at::Tensor& grad_in, const at::Tensor& x_in, const at::Tensor& weight_in,
                             double eps) {
  check(x_in, weight_in);
  TORCH_CHECK(grad_in.sizes() == x_in.sizes() && grad_in.scalar_type() == x_in.scalar_type(),
              "radonc::rms_norm_backward: expected grad of x's shape and type, got ", grad_in.sizes(), " ",
              grad_in.scalar_type());
  const auto grad = grad_in.contiguous(), x = x_in.contiguous(), weight = weight_in.contiguous();
  auto out = at::empty_like(x);
  const std::int64_t n = x.size(-1), rows = n == 0 ? 0 : x.numel() / n;
  launch_by_type(x, "radonc::rms_norm_backward", [&]<typename T>(const auto& launch, std::type_identity<T>) {
    device::rms_norm_backward(launch, pointer<T>(grad), pointer<T>(x), pointer<T>(weight), written<T>(out), rows, n,
                              static_cast<float>(eps));
  });
  return out;
}

}  // namespace

TORCH_LIBRARY_IMPL(radonc, CUDA, m) {
  m.impl("rms_norm", rms_norm);
  m.impl("rms_norm_backward", rms_norm_backward);
}

}  // namespace radonc::kernels
