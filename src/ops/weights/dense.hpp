// What a dense frozen weight can do. Private.
#pragma once

#include <torch/types.h>

#include "kernels/gemv.hpp"
#include "kernels/levels.hpp"
#include "ops/weights/slices.hpp"
#include "ops/words.hpp"

namespace radonc::ops {

inline std::int64_t rows_of(const torch::Tensor& weight) {
  return weight.size(0);
}

inline std::int64_t columns_of(const torch::Tensor& weight) {
  return weight.size(1);
}

inline std::size_t bytes_of(const torch::Tensor& weight) {
  return weight.nbytes();
}

inline const torch::Tensor& storage_of(const torch::Tensor& weight) {
  return weight;
}

inline torch::Tensor values_of(const torch::Tensor& weight, torch::ScalarType type) {
  return weight.to(type);
}

inline torch::Tensor moved(const torch::Tensor& weight, const torch::Device& device) {
  return weight.defined() ? weight.to(device) : weight;
}

/// Whether a kernel in bfloat16 is faster than oneDNN's product.
inline bool is_faster(Direction direction, const torch::Tensor& weight, std::int64_t rows) {
  const kernels::LevelKernels& level = kernels::level_kernels();
  if (!level.has_bfloat16) return false;
  if (direction == Direction::kForward && rows <= level.max_dense_gemv_rows) return true;
  if (weight.numel() < level.cached_weight) return rows < level.max_cached_dense_gemm_rows;
  return direction == Direction::kBackward || rows > level.min_dense_gemm_rows;
}

/// x Wᵀ or x W of a W in x's type.
inline torch::Tensor multiply_same_type(const torch::Tensor& weight, Direction direction, const torch::Tensor& x) {
  const bool forward = direction == Direction::kForward;
  const bool has_kernel = x.scalar_type() == torch::kBFloat16 && x.is_cpu() && weight.is_contiguous() &&
                          is_faster(direction, weight, x.size(0));
  if (!has_kernel) return forward ? x.mm(weight.t()) : x.mm(weight);
  const auto rows = x.contiguous();
  auto out = torch::empty({x.size(0), weight.size(forward ? 0 : 1)}, x.options());
  const kernels::DenseView view{.values = words(weight), .out = weight.size(0), .in = weight.size(1)};
  if (forward && x.size(0) <= kernels::level_kernels().max_dense_gemv_rows)
    kernels::dense_gemv(view, words(rows), x.size(0), written(out));
  else
    kernels::dense_gemm(direction, view, words(rows), x.size(0), written(out));
  return out;
}

inline torch::Tensor multiply(const torch::Tensor& weight, Direction direction, const torch::Tensor& x) {
  if (weight.scalar_type() == x.scalar_type()) return multiply_same_type(weight, direction, x);
  return multiply_by_slices(
      rows_of(weight), columns_of(weight), direction, x, x.scalar_type(),
      [&](std::int64_t begin, const torch::Tensor& slice) { slice.copy_(weight.narrow(0, begin, slice.size(0))); });
}

}  // namespace radonc::ops
