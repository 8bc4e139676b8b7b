#include "radonc/ops/int8.hpp"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/library.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

#include "kernels/int8.hpp"
#include "radonc/core/error.hpp"

namespace radonc::ops {

Int8 int8_quantize(const torch::Tensor& weight) {
  if (weight.dim() != 2 || weight.numel() == 0) {
    throw Error(fmt::format("int8 holds matrices; got {} weights in {} dimensions.", weight.numel(), weight.dim()));
  }
  const torch::NoGradGuard no_gradient;
  constexpr std::int64_t kBlock = Int8::kBlock;
  const std::int64_t rows = weight.size(0), columns = weight.size(1);
  const std::int64_t row_blocks = (rows + kBlock - 1) / kBlock, column_blocks = (columns + kBlock - 1) / kBlock;
  Int8 out{.codes = torch::empty({rows, columns}, torch::kInt8),
           .scales = torch::empty({row_blocks, column_blocks}, torch::kFloat32)};
  auto* codes = out.codes.data_ptr<std::int8_t>();
  auto* scales = out.scales.data_ptr<float>();
  for (std::int64_t row_block = 0; row_block < row_blocks; ++row_block) {
    const std::int64_t first = row_block * kBlock, count = std::min(kBlock, rows - first);
    const auto values =
        weight.narrow(0, first, count).to(torch::kCPU, torch::kFloat32).contiguous();  // a band at a time
    const auto* from = values.const_data_ptr<float>();
    at::parallel_for(0, column_blocks, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t block = begin; block < end; ++block) {
        const std::int64_t column = block * kBlock, width = std::min(kBlock, columns - column);
        float most = 0;
        for (std::int64_t row = 0; row < count; ++row)
          most = kernels::largest_magnitude(from + row * columns + column, width, most);
        const float scale = most / 127;
        scales[row_block * column_blocks + block] = scale;
        for (std::int64_t row = 0; row < count; ++row)
          kernels::int8_quantize_row(from + row * columns + column, width, scale,
                                     codes + (first + row) * columns + column);
      }
    });
  }
  if (!out.scales.isfinite().all().item<bool>())
    throw Error("int8_quantize: a weight is not finite. The checkpoint is damaged, or not of this model.");
  return {.codes = out.codes.to(weight.device()), .scales = out.scales.to(weight.device())};
}

torch::Tensor int8_dequantize(const Int8& weight, torch::ScalarType type) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("radonc::int8_dequantize", "")
                             .typed<torch::Tensor(const torch::Tensor&, const torch::Tensor&, torch::ScalarType)>();
  return op.call(weight.codes, weight.scales, type);
}

torch::Tensor int8_gemv(const torch::Tensor& x, const Int8& weight) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("radonc::int8_gemv", "")
                             .typed<torch::Tensor(const torch::Tensor&, const torch::Tensor&, const torch::Tensor&)>();
  return op.call(x, weight.codes, weight.scales);
}

TORCH_LIBRARY_FRAGMENT(radonc, m) {
  m.def("int8_dequantize(Tensor codes, Tensor scales, ScalarType dtype) -> Tensor");
  m.def("int8_gemv(Tensor x, Tensor codes, Tensor scales) -> Tensor");
}
TORCH_LIBRARY_IMPL(radonc, Meta, m) {
  m.impl("int8_dequantize", [](const torch::Tensor& codes, const torch::Tensor& /*scales*/, torch::ScalarType type) {
    return at::empty_symint(codes.sym_sizes(), codes.options().dtype(type));
  });
  m.impl("int8_gemv", [](const torch::Tensor& x, const torch::Tensor& codes, const torch::Tensor& /*scales*/) {
    return at::empty_symint({x.sym_size(0), codes.sym_size(0)}, x.options());
  });
}

}  // namespace radonc::ops
