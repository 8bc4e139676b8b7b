// Comparisons of tensors in the tests.
#pragma once

#include <torch/types.h>

#include <cmath>

namespace radonc::test {

/// max |a - b| / max |b|: 0 where both are zero, 1e30 where only b is, where the shapes differ or something is not
/// finite.
inline double relative_difference(const torch::Tensor& a, const torch::Tensor& b) {
  if (a.sizes() != b.sizes()) return 1e30;
  if (a.numel() == 0) return 0;
  const auto x = a.detach().to(torch::kFloat64), y = b.detach().to(torch::kFloat64);
  const double distance = (x - y).abs().max().item<double>();
  if (distance == 0) return 0;
  const double difference = distance / y.abs().max().item<double>();
  return std::isfinite(difference) ? difference : 1e30;
}

inline double tolerance(torch::ScalarType type) {
  return type == torch::kFloat32 ? 2e-6 : 8e-3;
}

}  // namespace radonc::test
