#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include "kernels/cpu/dispatch.hpp"

namespace radonc::kernels {
namespace {

void check(const at::Tensor& gate, const at::Tensor& up) {
  TORCH_CHECK(gate.sizes() == up.sizes() && gate.scalar_type() == up.scalar_type(),
              "radonc::swiglu: expected gate and up of one shape and type, got ", gate.sizes(), " ", gate.scalar_type(),
              " and ", up.sizes(), " ", up.scalar_type());
}

at::Tensor swiglu(const at::Tensor& gate_in, const at::Tensor& up_in) {
  check(gate_in, up_in);
  const auto gate = gate_in.contiguous(), up = up_in.contiguous();
  auto y = at::empty_like(gate);
  by_type(gate, "radonc::swiglu", [&]<typename T>(T) {
    const auto forward = at_level<swiglu_range<T>>();
    at::parallel_for(0, gate.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
      forward(pointer<T>(gate) + begin, pointer<T>(up) + begin, pointer<T>(y) + begin, end - begin);
    });
  });
  return y;
}

std::tuple<at::Tensor, at::Tensor> swiglu_backward(const at::Tensor& grad_in, const at::Tensor& gate_in,
                                                   const at::Tensor& up_in) {
  check(gate_in, up_in);
  check(gate_in, grad_in);
  const auto grad = grad_in.contiguous(), gate = gate_in.contiguous(), up = up_in.contiguous();
  auto gate_grad = at::empty_like(gate), up_grad = at::empty_like(gate);
  by_type(gate, "radonc::swiglu_backward", [&]<typename T>(T) {
    const auto backward = at_level<swiglu_backward_range<T>>();
    at::parallel_for(0, gate.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
      backward(pointer<T>(grad) + begin, pointer<T>(gate) + begin, pointer<T>(up) + begin,
               pointer<T>(gate_grad) + begin, pointer<T>(up_grad) + begin, end - begin);
    });
  });
  return {gate_grad, up_grad};
}

}  // namespace

TORCH_LIBRARY_IMPL(radonc, CPU, m) {
  m.impl("swiglu", swiglu);
  m.impl("swiglu_backward", swiglu_backward);
}

}  // namespace radonc::kernels
