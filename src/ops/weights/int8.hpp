// What a frozen weight in int8 can do. Private.
#pragma once

#include "kernels/int8_tensors.hpp"
#include "ops/weights/quantized.hpp"
#include "radonc/ops/int8.hpp"

namespace radonc::ops {

inline std::int64_t rows_of(const Int8& weight) {
  return weight.codes.size(0);
}

inline std::int64_t columns_of(const Int8& weight) {
  return weight.codes.size(1);
}

inline std::size_t bytes_of(const Int8& weight) {
  return weight.codes.nbytes() + weight.scales.nbytes();
}

inline const torch::Tensor& storage_of(const Int8& weight) {
  return weight.codes;
}

inline torch::Tensor values_of(const Int8& weight, torch::ScalarType type) {
  return int8_dequantize(weight, type);
}

inline Int8 moved(const Int8& weight, const torch::Device& device) {
  return {.codes = weight.codes.to(device), .scales = weight.scales.to(device)};
}

inline kernels::Int8View view_of(const Int8& weight) {
  return kernels::int8_view(weight.codes, weight.scales);
}

inline bool are_rows_apart(const Int8&) {
  return true;
}

inline bool has_kernel(const Int8&, torch::ScalarType type) {
  return (type == torch::kBFloat16 || type == torch::kFloat32) && kernels::level_kernels().has_int8;
}

/// x is quantised too: w8a8_gemv has w8a8_gemm's very results.
inline void run_kernel(const Int8& weight, Direction direction, const torch::Tensor& x, const torch::Tensor& out) {
  const auto run = [&](const auto* from, auto* to) {
    if (direction == Direction::kForward && x.size(0) <= kernels::level_kernels().max_w8a8_gemv_rows)
      kernels::w8a8_gemv(view_of(weight), from, x.size(0), to);
    else
      kernels::w8a8_gemm(direction, view_of(weight), from, x.size(0), to);
  };
  if (x.scalar_type() == torch::kFloat32)
    run(x.const_data_ptr<float>(), out.data_ptr<float>());
  else
    run(words(x), written(out));
}

/// x keeps its values.
inline torch::Tensor few_rows_on_device(const Int8& weight, const torch::Tensor& x) {
  return int8_gemv(x, weight);
}

inline torch::Tensor multiply(const Int8& weight, Direction direction, const torch::Tensor& x) {
  return multiply_quantized(weight, direction, x);
}

}  // namespace radonc::ops
