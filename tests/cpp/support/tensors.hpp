// Comparisons of tensors in the tests.
#pragma once

#include <torch/types.h>

namespace radonc::test {

/// max |a - b| / max(1, max |b|)
inline double relative_difference(const torch::Tensor& a, const torch::Tensor& b) {
  if (a.sizes() != b.sizes()) return 1e30;
  if (a.numel() == 0) return 0;
  const auto x = a.detach().to(torch::kFloat64), y = b.detach().to(torch::kFloat64);
  const double scale = std::max(1.0, y.abs().max().item<double>());
  const double difference = (x - y).abs().max().item<double>() / scale;
  return std::isfinite(difference) ? difference : 1e30;
}

inline double tolerance(torch::ScalarType type) {
  return type == torch::kFloat32 ? 2e-6 : 8e-3;
}

}  // namespace radonc::test
