// What a frozen weight in NF4 can do. Private.
#pragma once

#include "kernels/nf4_tensors.hpp"
#include "ops/weights/quantized.hpp"
#include "radonc/ops/nf4.hpp"

namespace radonc::ops {

inline std::int64_t rows_of(const Nf4& weight) {
  return weight.rows;
}

inline std::int64_t columns_of(const Nf4& weight) {
  return weight.columns;
}

inline std::size_t bytes_of(const Nf4& weight) {
  const std::size_t bytes = weight.codes.nbytes() + weight.absmax.nbytes();
  return weight.is_double_quantized() ? bytes + weight.nested_absmax.nbytes() + weight.nested_map.nbytes() : bytes;
}

inline const torch::Tensor& storage_of(const Nf4& weight) {
  return weight.codes;
}

inline torch::Tensor values_of(const Nf4& weight, torch::ScalarType type) {
  return nf4_dequantize(weight, type);
}

inline Nf4 moved(Nf4 weight, const torch::Device& device) {
  for (auto* tensor : {&weight.codes, &weight.absmax, &weight.nested_absmax, &weight.nested_map})
    if (tensor->defined()) *tensor = tensor->to(device);
  return weight;
}

inline kernels::Nf4View view_of(const Nf4& weight) {
  const bool is_nested = weight.is_double_quantized();
  return kernels::nf4_view(weight.codes, weight.absmax, is_nested ? &weight.nested_absmax : nullptr,
                           is_nested ? &weight.nested_map : nullptr, weight.nested_offset, weight.rows, weight.columns);
}

inline bool are_rows_apart(const Nf4& weight) {
  return weight.columns % Nf4::kBlock == 0;
}

inline bool has_kernel(const Nf4& weight, torch::ScalarType type) {
  return type == torch::kBFloat16 && are_rows_apart(weight) && kernels::level_kernels().has_bfloat16;
}

inline void run_kernel(const Nf4& weight, Direction direction, const torch::Tensor& x, const torch::Tensor& out) {
  if (direction == Direction::kForward && x.size(0) <= kernels::level_kernels().max_nf4_gemv_rows)
    kernels::nf4_gemv(view_of(weight), words(x), x.size(0), written(out));
  else
    kernels::nf4_gemm(direction, view_of(weight), words(x), x.size(0), written(out));
}

inline torch::Tensor few_rows_on_device(const Nf4& weight, const torch::Tensor& x) {
  return nf4_gemv(x, weight);
}

inline torch::Tensor multiply(const Nf4& weight, Direction direction, const torch::Tensor& x) {
  return multiply_quantized(weight, direction, x);
}

}  // namespace radonc::ops
