// The tensors of a low-rank update's products, as radonc's operators take them; see radonc/ops/low_rank.hpp. Private.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace radonc::kernels {

inline void check_low_rank(const char* name, const at::Tensor& rows, const at::Tensor& other, at::ScalarType type,
                           double p) {
  TORCH_CHECK(rows.scalar_type() == at::kFloat || rows.scalar_type() == at::kBFloat16, name,
              ": expected float32 or bfloat16, got ", rows.scalar_type());
  TORCH_CHECK(other.scalar_type() == type && other.device() == rows.device(), name, ": expected ", type, " on ",
              rows.device(), ", got ", other.scalar_type(), " on ", other.device());
  TORCH_CHECK(p >= 0 && p < 1, name, ": expected a probability 0 <= p < 1, got ", p);
}

inline void check_low_rank_project(const at::Tensor& x, const at::Tensor& w, double p) {
  check_low_rank("radonc::low_rank_project", x, w, at::kFloat, p);
  TORCH_CHECK(x.dim() == 2 && w.dim() == 2 && x.size(1) == w.size(1),
              "radonc::low_rank_project: expected x [T, n] and w [rank, n], got ", x.sizes(), " and ", w.sizes());
}

inline void check_low_rank_add(const at::Tensor& y, const at::Tensor& low, const at::Tensor& w, double p) {
  check_low_rank("radonc::low_rank_add_", y, low, y.scalar_type(), p);
  check_low_rank("radonc::low_rank_add_", y, w, at::kFloat, p);
  TORCH_CHECK(y.dim() == 2 && low.dim() == 2 && w.dim() == 2 && y.size(0) == low.size(0) && y.size(1) == w.size(1) &&
                  low.size(1) == w.size(0),
              "radonc::low_rank_add_: expected y [T, n], low [T, rank] and w [rank, n], got ", y.sizes(), ", ",
              low.sizes(), " and ", w.sizes());
}

inline void check_low_rank_gradient(const at::Tensor& low, const at::Tensor& x, double p) {
  check_low_rank("radonc::low_rank_gradient", x, low, x.scalar_type(), p);
  TORCH_CHECK(low.dim() == 2 && x.dim() == 2 && low.size(0) == x.size(0),
              "radonc::low_rank_gradient: expected low [T, rank] and x [T, n], got ", low.sizes(), " and ", x.sizes());
}

/// ops::dropout's, without a copy where p is 0.
at::Tensor dropped(const at::Tensor& x, double p, std::int64_t seed);

/// Put together from torch's operators, for what a device has no kernel for. Of checked arguments.
at::Tensor composed_low_rank_project(const at::Tensor& x, const at::Tensor& w, double scale, double p,
                                     std::int64_t seed);
void composed_low_rank_add(const at::Tensor& y, const at::Tensor& low, const at::Tensor& w, double scale, double p,
                           std::int64_t seed);
at::Tensor composed_low_rank_gradient(const at::Tensor& low, const at::Tensor& x, double scale, double p,
                                      std::int64_t seed);

}  // namespace radonc::kernels
