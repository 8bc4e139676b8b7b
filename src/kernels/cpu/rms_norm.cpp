#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include "kernels/cpu/dispatch.hpp"

namespace radonc::kernels {
namespace {

template <typename T>
RADONC_INLINE void forward_rows(const T* x, const T* weight, T* y, std::int64_t rows, std::int64_t n, float eps) {
  for (std::int64_t r = 0; r < rows; ++r) rms_norm_row(x + r * n, weight, y + r * n, n, eps);
}

template <typename T>
RADONC_INLINE void backward_rows(const T* grad, const T* x, const T* weight, T* out, std::int64_t rows, std::int64_t n,
                                 float eps) {
  for (std::int64_t r = 0; r < rows; ++r) rms_norm_backward_row(grad + r * n, x + r * n, weight, out + r * n, n, eps);
}

void check(const at::Tensor& x, const at::Tensor& weight) {
  TORCH_CHECK(weight.dim() == 1 && x.dim() >= 1 && x.size(-1) == weight.size(0),
              "radonc::rms_norm: expected x [..., n] and weight [n], got ", x.sizes(), " and ", weight.sizes());
  TORCH_CHECK(x.scalar_type() == weight.scalar_type(), "radonc::rms_norm: expected one type, got ", x.scalar_type(),
              " and ", weight.scalar_type());
}

at::Tensor rms_norm(const at::Tensor& x_in, const at::Tensor& weight_in, double eps) {
  check(x_in, weight_in);
  const auto x = x_in.contiguous(), weight = weight_in.contiguous();
  auto y = at::empty_like(x);
  const std::int64_t n = x.size(-1), rows = n == 0 ? 0 : x.numel() / n;
  by_type(x, "radonc::rms_norm", [&]<typename T>(T) {
    const auto forward = at_level<forward_rows<T>>();
    at::parallel_for(0, rows, grain_rows(n), [&](std::int64_t begin, std::int64_t end) {
      forward(pointer<T>(x) + begin * n, pointer<T>(weight), pointer<T>(y) + begin * n, end - begin, n,
              static_cast<float>(eps));
    });
  });
  return y;
}

at::Tensor rms_norm_backward(const at::Tensor& grad_in, const at::Tensor& x_in, const at::Tensor& weight_in,
                             double eps) {
  check(x_in, weight_in);
  TORCH_CHECK(grad_in.sizes() == x_in.sizes(), "radonc::rms_norm_backward: expected grad of x's shape, got ",
              grad_in.sizes(), " and ", x_in.sizes());
  const auto grad = grad_in.contiguous(), x = x_in.contiguous(), weight = weight_in.contiguous();
  auto out = at::empty_like(x);
  const std::int64_t n = x.size(-1), rows = n == 0 ? 0 : x.numel() / n;
  by_type(x, "radonc::rms_norm_backward", [&]<typename T>(T) {
    const auto backward = at_level<backward_rows<T>>();
    at::parallel_for(0, rows, grain_rows(n), [&](std::int64_t begin, std::int64_t end) {
      backward(pointer<T>(grad) + begin * n, pointer<T>(x) + begin * n, pointer<T>(weight), pointer<T>(out) + begin * n,
               end - begin, n, static_cast<float>(eps));
    });
  });
  return out;
}

}  // namespace

TORCH_LIBRARY_IMPL(radonc, CPU, m) {
  m.impl("rms_norm", rms_norm);
  m.impl("rms_norm_backward", rms_norm_backward);
}

}  // namespace radonc::kernels
