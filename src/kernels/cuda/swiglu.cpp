#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include "kernels/cuda/dispatch.hpp"

namespace radonc::kernels {
namespace {

void check(const at::Tensor& gate, const at::Tensor& up) {
  TORCH_CHECK(gate.sizes() == up.sizes() && gate.scalar_type() == up.scalar_type() && gate.device() == up.device(),
              "radonc::swiglu: expected tensors of one shape and type on one device, got ", gate.sizes(), " ",
              gate.scalar_type(), " and ", up.sizes(), " ", up.scalar_type());
}

at::Tensor swiglu(const at::Tensor& gate_in, const at::Tensor& up_in) {
  check(gate_in, up_in);
  const auto gate = gate_in.contiguous(), up = up_in.contiguous();
  auto y = at::empty_like(gate);
  launch_by_type(gate, "radonc::swiglu", [&]<typename T>(const auto& launch, std::type_identity<T>) {
    device::swiglu(launch, pointer<T>(gate), pointer<T>(up), written<T>(y), gate.numel());
  });
  return y;
}

std::tuple<at::Tensor, at::Tensor> swiglu_backward(const at::Tensor& grad_in, const at::Tensor& gate_in,
                                                   const at::Tensor& up_in) {
  check(gate_in, up_in);
  check(gate_in, grad_in);
  const auto grad = grad_in.contiguous(), gate = gate_in.contiguous(), up = up_in.contiguous();
  auto gate_grad = at::empty_like(gate), up_grad = at::empty_like(gate);
  launch_by_type(gate, "radonc::swiglu_backward", [&]<typename T>(const auto& launch, std::type_identity<T>) {
    device::swiglu_backward(launch, pointer<T>(grad), pointer<T>(gate), pointer<T>(up), written<T>(gate_grad),
                            written<T>(up_grad), gate.numel());
  });
  return {gate_grad, up_grad};
}

}  // namespace

TORCH_LIBRARY_IMPL(radonc, CUDA, m) {
  m.impl("swiglu", swiglu);
  m.impl("swiglu_backward", swiglu_backward);
}

}  // namespace radonc::kernels
