#include <torch/library.h>

#include "kernels/adamw_tensors.hpp"
#include "kernels/cpu/dispatch.hpp"

namespace radonc::kernels {
namespace {

void adamw(at::Tensor& parameters, const at::Tensor& gradients, at::Tensor& first, at::Tensor& second,
           std::int64_t count, double learning_rate, double beta1, double beta2, double epsilon, double weight_decay) {
  check_adamw(parameters, gradients, first, second);
  const AdamWStep step = adamw_step(count, learning_rate, beta1, beta2, epsilon, weight_decay);
  const auto run = at_level<adamw_range>();
  at::parallel_for(0, parameters.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
    run(pointer<float>(parameters) + begin, pointer<float>(gradients) + begin, pointer<float>(first) + begin,
        pointer<float>(second) + begin, end - begin, step);
  });
}

}  // namespace

TORCH_LIBRARY_IMPL(radonc, CPU, m) {
  m.impl("adamw_", adamw);
}

}  // namespace radonc::kernels
