#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <torch/library.h>

#include "kernels/cuda/dispatch.hpp"
#include "kernels/int8_tensors.hpp"

namespace radonc::kernels {
namespace {

at::Tensor int8_dequantize(const at::Tensor& codes, const at::Tensor& scales, at::ScalarType type) {
  check_int8_dequantize(codes, scales, type);
  if (type == at::kHalf) return int8_dequantize(codes, scales, at::kFloat).to(type);
  auto out = at::empty(codes.sizes(), codes.options().dtype(type));
  launch_by_type(out, "radonc::int8_dequantize", [&]<typename T>(const auto& launch, std::type_identity<T>) {
    device::int8_dequantize(launch, pointer<std::int8_t>(codes), pointer<float>(scales), written<T>(out), codes.size(0),
                            codes.size(1));
  });
  return out;
}

at::Tensor int8_gemv(const at::Tensor& x_in, const at::Tensor& codes, const at::Tensor& scales) {
  check_int8_gemv(x_in, codes, scales);
  if (x_in.size(0) > device::kMaxGemvBatch) return x_in.mm(int8_dequantize(codes, scales, x_in.scalar_type()).t());
  const auto x = x_in.contiguous();
  auto y = at::empty({x.size(0), codes.size(0)}, x.options());
  launch_by_type(x, "radonc::int8_gemv", [&]<typename T>(const auto& launch, std::type_identity<T>) {
    device::int8_gemv(launch, pointer<std::int8_t>(codes), pointer<float>(scales), pointer<T>(x), written<T>(y),
                      x.size(0), codes.size(0), codes.size(1));
  });
  return y;
}

}  // namespace

TORCH_LIBRARY_IMPL(radonc, CUDA, m) {
  m.impl("int8_dequantize", int8_dequantize);
  m.impl("int8_gemv", int8_gemv);
}

}  // namespace radonc::kernels
