// Uses radonc::radonc: one operator on a torch tensor.
#include <torch/torch.h>

#include <cmath>
#include <cstdio>

#include "radonc/ops/rms_norm.hpp"

int main() {
  const auto x = torch::tensor({{3.0F, 4.0F}});
  const auto y = radonc::ops::rms_norm(x, torch::ones({2}), 0.0);
  const auto expected = x / std::sqrt(12.5);
  std::printf("rms_norm = %.5f %.5f\n", y[0][0].item<double>(), y[0][1].item<double>());
  return torch::allclose(y, expected, 1e-6, 1e-6) ? 0 : 1;
}
