#include <torch/library.h>

#include "kernels/adamw_tensors.hpp"
#include "kernels/cuda/dispatch.hpp"

namespace radonc::kernels {
namespace {

void adamw(at::Tensor& parameters, const at::Tensor& gradients, at::Tensor& first, at::Tensor& second,
           std::int64_t count, double learning_rate, double beta1, double beta2, double epsilon, double weight_decay) {
  check_adamw(parameters, gradients, first, second);
  launch_on(parameters, [&](const auto& launch) {
    device::adamw(launch, written<float>(parameters), pointer<float>(gradients), written<float>(first),
                  written<float>(second), parameters.numel(),
                  adamw_step(count, learning_rate, beta1, beta2, epsilon, weight_decay));
  });
}

}  // namespace

TORCH_LIBRARY_IMPL(radonc, CUDA, m) {
  m.impl("adamw_", adamw);
}

}  // namespace radonc::kernels
