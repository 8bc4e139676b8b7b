// The tensors of a matrix in NF4, as radonc's operators take them; see radonc/ops/nf4.hpp. Private.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "kernels/nf4.hpp"
#include "kernels/packed_gemm.hpp"

namespace radonc::kernels {

/// The memory of a matrix on the CPU; without `nested_absmax` and `nested_map`, absmax holds the scales themselves.
inline Nf4View nf4_view(const at::Tensor& codes, const at::Tensor& absmax, const at::Tensor* nested_absmax,
                        const at::Tensor* nested_map, double nested_offset, std::int64_t rows, std::int64_t columns) {
  Nf4View view{.codes = codes.const_data_ptr<std::uint8_t>(), .table = kNf4Table.data(), .out = rows, .in = columns};
  if (nested_absmax == nullptr) {
    view.scales = absmax.const_data_ptr<float>();
    return view;
  }
  view.nested_codes = absmax.const_data_ptr<std::uint8_t>();
  view.nested_map = nested_map->const_data_ptr<float>();
  view.nested_scales = nested_absmax->const_data_ptr<float>();
  view.nested_offset = static_cast<float>(nested_offset);
  return view;
}

struct Nf4Tensors {
  const at::Tensor& codes;
  const at::Tensor& absmax;
  const std::optional<at::Tensor>& nested_absmax;
  const std::optional<at::Tensor>& nested_map;
  double nested_offset;
  std::int64_t rows, columns;

  [[nodiscard]] bool is_double_quantized() const { return nested_absmax.has_value(); }

  void check(const char* name) const {
    const auto count = rows * columns, blocks = count / kNf4Block;
    TORCH_CHECK(rows >= 0 && columns >= 0 && count % kNf4Block == 0 && codes.scalar_type() == at::kByte &&
                    codes.is_contiguous() && codes.numel() * 2 == count,
                name, ": expected codes of ", rows, " x ", columns, " weights, a multiple of 64, got ", codes.sizes(),
                " ", codes.scalar_type());
    TORCH_CHECK(absmax.numel() == blocks && absmax.is_contiguous() && absmax.device() == codes.device() &&
                    absmax.scalar_type() == (is_double_quantized() ? at::kByte : at::kFloat),
                name, ": expected a scale for each of ", blocks, " blocks, got ", absmax.sizes(), " ",
                absmax.scalar_type());
    if (!is_double_quantized()) return;
    TORCH_CHECK(nested_map.has_value() && nested_map->numel() == 256 && nested_map->scalar_type() == at::kFloat &&
                    nested_map->is_contiguous() && nested_map->device() == codes.device() &&
                    nested_absmax->numel() == (blocks + kNf4NestedBlock - 1) / kNf4NestedBlock &&
                    nested_absmax->scalar_type() == at::kFloat && nested_absmax->is_contiguous() &&
                    nested_absmax->device() == codes.device(),
                name, ": expected a float32 map of 256 values and a float32 scale for each 256 scales");
  }
};

inline void check_nf4_quantize(const at::Tensor& weight) {
  TORCH_CHECK(weight.scalar_type() == at::kFloat || weight.scalar_type() == at::kBFloat16,
              "radonc::nf4_quantize: expected float32 or bfloat16, got ", weight.scalar_type());
  TORCH_CHECK(weight.numel() % kNf4Block == 0, "radonc::nf4_quantize: expected a multiple of 64 weights, got ",
              weight.numel());
}

inline void check_nf4_dequantize(const Nf4Tensors& weight, at::ScalarType type) {
  TORCH_CHECK(type == at::kFloat || type == at::kBFloat16 || type == at::kHalf,
              "radonc::nf4_dequantize: expected float32, bfloat16 or float16, got ", type);
  weight.check("radonc::nf4_dequantize");
}

inline void check_nf4_gemv(const at::Tensor& x, const Nf4Tensors& weight) {
  TORCH_CHECK(x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16,
              "radonc::nf4_gemv: expected float32 or bfloat16, got ", x.scalar_type());
  weight.check("radonc::nf4_gemv");
  TORCH_CHECK(x.dim() == 2 && x.size(1) == weight.columns && weight.columns % kNf4Block == 0 &&
                  x.device() == weight.codes.device(),
              "radonc::nf4_gemv: expected x [N, columns] on the weight's device and columns a multiple of 64, got ",
              x.sizes(), " and ", weight.columns, " columns");
}

}  // namespace radonc::kernels
