#include <ATen/ops/empty.h>
#include <ATen/ops/repeat_interleave.h>
#include <torch/library.h>

#include <algorithm>

#include "kernels/int8_tensors.hpp"
#include "kernels/unpacked_gemv.hpp"

namespace radonc::kernels {
namespace {

at::Tensor int8_dequantize(const at::Tensor& codes, const at::Tensor& scales, at::ScalarType type) {
  check_int8_dequantize(codes, scales, type);
  const std::int64_t rows = codes.size(0), columns = codes.size(1);
  auto out = at::empty({rows, columns}, codes.options().dtype(type));
  for (std::int64_t first = 0; first < rows; first += kInt8Block) {  // a band at a time
    const std::int64_t count = std::min(kInt8Block, rows - first);
    const auto row = scales.select(0, first / kInt8Block).repeat_interleave(kInt8Block).narrow(0, 0, columns);
    out.narrow(0, first, count).copy_(codes.narrow(0, first, count).to(at::kFloat).mul_(row.unsqueeze(0)));
  }
  return out;
}

at::Tensor few_rows(const at::Tensor& x_in, const at::Tensor& codes, const at::Tensor& scales) {
  check_int8_gemv(x_in, codes, scales);
  const auto x = x_in.to(at::kFloat).contiguous();
  auto out = at::empty({x.size(0), codes.size(0)}, x.options());
  unpacked_gemv(int8_view(codes, scales), x.const_data_ptr<float>(), x.size(0), out.data_ptr<float>());
  return out.to(x_in.scalar_type());
}

}  // namespace

TORCH_LIBRARY_IMPL(radonc, CPU, m) {
  m.impl("int8_dequantize", int8_dequantize);
  m.impl("int8_gemv", few_rows);
}

}  // namespace radonc::kernels
