#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <torch/library.h>

#include "kernels/cuda/dispatch.hpp"
#include "kernels/nf4_tensors.hpp"

namespace radonc::kernels {
namespace {

using MaybeTensor = std::optional<at::Tensor>;

device::Nf4Matrix matrix_of(const Nf4Tensors& weight, const at::Tensor& codes) {
  device::Nf4Matrix matrix = {};
  std::copy_n(kNf4Table.data(), 16, matrix.table);
  matrix.codes = pointer<std::uint8_t>(codes);
  if (!weight.is_double_quantized()) {
    matrix.scales = pointer<float>(weight.absmax);
    return matrix;
  }
  matrix.nested_codes = pointer<std::uint8_t>(weight.absmax);
  matrix.nested_map = pointer<float>(*weight.nested_map);
  matrix.nested_scales = pointer<float>(*weight.nested_absmax);
  matrix.nested_offset = static_cast<float>(weight.nested_offset);
  return matrix;
}

at::Tensor dequantize(const Nf4Tensors& weight, at::ScalarType type) {
  if (type == at::kHalf) return dequantize(weight, at::kFloat).to(at::kHalf);
  auto out = at::empty({weight.rows, weight.columns}, weight.codes.options().dtype(type));
  const auto codes = aligned(weight.codes);
  launch_by_type(out, "radonc::nf4_dequantize", [&]<typename T>(const auto& launch, std::type_identity<T>) {
    device::nf4_dequantize(launch, matrix_of(weight, codes), written<T>(out), out.numel() / kNf4Block);
  });
  return out;
}

std::tuple<at::Tensor, at::Tensor> nf4_quantize(const at::Tensor& weight) {
  check_nf4_quantize(weight);
  const auto values = aligned(weight.contiguous());
  const std::int64_t blocks = values.numel() / kNf4Block;
  auto codes = at::empty({values.numel() / 2}, values.options().dtype(at::kByte));
  auto absmax = at::empty({blocks}, values.options().dtype(at::kFloat));
  launch_by_type(values, "radonc::nf4_quantize", [&]<typename T>(const auto& launch, std::type_identity<T>) {
    device::nf4_quantize(launch, pointer<T>(values), written<std::uint8_t>(codes), written<float>(absmax), blocks);
  });
  return {codes, absmax};
}

at::Tensor nf4_dequantize(const at::Tensor& codes, const at::Tensor& absmax, const MaybeTensor& nested_absmax,
                          const MaybeTensor& nested_map, double nested_offset, std::int64_t rows, std::int64_t columns,
                          at::ScalarType type) {
  const Nf4Tensors weight{codes, absmax, nested_absmax, nested_map, nested_offset, rows, columns};
  check_nf4_dequantize(weight, type);
  return dequantize(weight, type);
}

at::Tensor nf4_gemv(const at::Tensor& x_in, const at::Tensor& codes_in, const at::Tensor& absmax,
                    const MaybeTensor& nested_absmax, const MaybeTensor& nested_map, double nested_offset,
                    std::int64_t rows, std::int64_t columns) {
  const Nf4Tensors weight{codes_in, absmax, nested_absmax, nested_map, nested_offset, rows, columns};
  check_nf4_gemv(x_in, weight);
  if (x_in.size(0) > device::kMaxGemvBatch) return x_in.mm(dequantize(weight, x_in.scalar_type()).t());
  const auto x = aligned(x_in.contiguous()), codes = aligned(codes_in);
  auto y = at::empty({x.size(0), rows}, x.options());
  launch_by_type(x, "radonc::nf4_gemv", [&]<typename T>(const auto& launch, std::type_identity<T>) {
    device::nf4_gemv(launch, matrix_of(weight, codes), pointer<T>(x), written<T>(y), x.size(0), rows, columns);
  });
  return y;
}

}  // namespace

TORCH_LIBRARY_IMPL(radonc, CUDA, m) {
  m.impl("nf4_quantize", nf4_quantize);
  m.impl("nf4_dequantize", nf4_dequantize);
  m.impl("nf4_gemv", nf4_gemv);
}

}  // namespace radonc::kernels
