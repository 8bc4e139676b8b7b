// The tensors of a matrix in int8, as radonc's operators take them; see radonc/ops/int8.hpp. Private.
#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/packed_gemm.hpp"

namespace radonc::kernels {

/// The memory of a matrix on the CPU.
inline Int8View int8_view(const at::Tensor& codes, const at::Tensor& scales) {
  return {.codes = codes.const_data_ptr<std::int8_t>(),
          .scales = scales.const_data_ptr<float>(),
          .out = codes.size(0),
          .in = codes.size(1)};
}

inline void check_int8(const char* name, const at::Tensor& codes, const at::Tensor& scales) {
  const auto blocks = [](std::int64_t n) { return (n + kInt8Block - 1) / kInt8Block; };
  TORCH_CHECK(codes.dim() == 2 && codes.scalar_type() == at::kChar && codes.is_contiguous(), name,
              ": expected int8 codes [rows, columns], got ", codes.scalar_type(), " ", codes.sizes());
  TORCH_CHECK(scales.dim() == 2 && scales.scalar_type() == at::kFloat && scales.is_contiguous() &&
                  scales.size(0) == blocks(codes.size(0)) && scales.size(1) == blocks(codes.size(1)) &&
                  scales.device() == codes.device(),
              name, ": expected a float32 scale for each 128 x 128 block of ", codes.sizes(), ", got ",
              scales.scalar_type(), " ", scales.sizes());
}

inline void check_int8_dequantize(const at::Tensor& codes, const at::Tensor& scales, at::ScalarType type) {
  TORCH_CHECK(type == at::kFloat || type == at::kBFloat16 || type == at::kHalf,
              "radonc::int8_dequantize: expected float32, bfloat16 or float16, got ", type);
  check_int8("radonc::int8_dequantize", codes, scales);
}

inline void check_int8_gemv(const at::Tensor& x, const at::Tensor& codes, const at::Tensor& scales) {
  TORCH_CHECK(x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16,
              "radonc::int8_gemv: expected float32 or bfloat16, got ", x.scalar_type());
  check_int8("radonc::int8_gemv", codes, scales);
  TORCH_CHECK(x.dim() == 2 && x.size(1) == codes.size(1) && x.device() == codes.device(),
              "radonc::int8_gemv: expected x [N, columns] on the weight's device, got ", x.sizes(), " and ",
              codes.size(1), " columns");
}

}  // namespace radonc::kernels
