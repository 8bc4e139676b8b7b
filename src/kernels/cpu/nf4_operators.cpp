#include <ATen/Parallel.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/div.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/mm.h>
#include <torch/library.h>

#include "kernels/gemv.hpp"
#include "kernels/levels.hpp"
#include "kernels/nf4_tensors.hpp"

namespace radonc::kernels {
namespace {

constexpr std::int64_t kGrain = 256;  // blocks that make one thread's share

using MaybeTensor = std::optional<at::Tensor>;

/// The blocks' scales: [blocks] float32.
at::Tensor scales_of(const Nf4Tensors& weight) {
  if (!weight.is_double_quantized()) return weight.absmax;
  const auto block = at::arange(weight.absmax.numel(), at::kLong).div(kNf4NestedBlock, "floor");
  const auto maps = weight.nested_map->index_select(0, weight.absmax.flatten().to(at::kLong));
  return maps.mul(weight.nested_absmax->flatten().index_select(0, block)).add(weight.nested_offset);
}

at::Tensor dequantize(const Nf4Tensors& weight, at::ScalarType type) {
  const auto scales = scales_of(weight).contiguous();
  auto out = at::empty({weight.rows, weight.columns}, weight.codes.options().dtype(type));
  const auto run = [&]<typename T>(T* to) {
    at::parallel_for(0, scales.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
      nf4_dequantize_blocks(weight.codes.const_data_ptr<std::uint8_t>() + begin * kNf4Block / 2,
                            scales.const_data_ptr<float>() + begin, kNf4Table.data(), end - begin,
                            to + begin * kNf4Block);
    });
  };
  if (type == at::kFloat) {
    run(out.data_ptr<float>());
  } else if (type == at::kBFloat16) {
    run(out.data_ptr<at::BFloat16>());
  } else {
    run(out.data_ptr<at::Half>());
  }
  return out;
}

std::tuple<at::Tensor, at::Tensor> nf4_quantize(const at::Tensor& weight) {
  check_nf4_quantize(weight);
  const std::int64_t count = weight.numel(), blocks = count / kNf4Block;
  auto codes = at::empty({count / 2}, weight.options().dtype(at::kByte));
  auto absmax = at::empty({blocks}, weight.options().dtype(at::kFloat));
  const auto flat = weight.contiguous().view({-1, kNf4Block});
  constexpr std::int64_t kChunk = 1 << 16;  // blocks: bounds the temporary memory
  for (std::int64_t begin = 0; begin < blocks; begin += kChunk) {
    const auto chunk = flat.slice(0, begin, std::min(begin + kChunk, blocks)).to(at::kFloat);
    auto* codes_of_chunk = codes.data_ptr<std::uint8_t>() + begin * kNf4Block / 2;
    auto* absmax_of_chunk = absmax.data_ptr<float>() + begin;
    at::parallel_for(0, chunk.size(0), kGrain, [&](std::int64_t first, std::int64_t last) {
      nf4_quantize_blocks(chunk.const_data_ptr<float>() + first * kNf4Block, last - first,
                          codes_of_chunk + first * kNf4Block / 2, absmax_of_chunk + first);
    });
  }
  return {codes, absmax};
}

at::Tensor nf4_dequantize(const at::Tensor& codes, const at::Tensor& absmax, const MaybeTensor& nested_absmax,
                          const MaybeTensor& nested_map, double nested_offset, std::int64_t rows, std::int64_t columns,
                          at::ScalarType type) {
  const Nf4Tensors weight{codes, absmax, nested_absmax, nested_map, nested_offset, rows, columns};
  check_nf4_dequantize(weight, type);
  return dequantize(weight, type);
}

at::Tensor few_rows(const at::Tensor& x_in, const at::Tensor& codes, const at::Tensor& absmax,
                    const MaybeTensor& nested_absmax, const MaybeTensor& nested_map, double nested_offset,
                    std::int64_t rows, std::int64_t columns) {
  const Nf4Tensors weight{codes, absmax, nested_absmax, nested_map, nested_offset, rows, columns};
  check_nf4_gemv(x_in, weight);
  if (x_in.scalar_type() != at::kBFloat16 || !level_kernels().has_bfloat16)
    return x_in.mm(dequantize(weight, x_in.scalar_type()).t());
  const auto x = x_in.contiguous();
  auto out = at::empty({x.size(0), rows}, x.options());
  const Nf4View view = nf4_view(codes, absmax, nested_absmax ? &*nested_absmax : nullptr,
                                nested_map ? &*nested_map : nullptr, nested_offset, rows, columns);
  nf4_gemv(view, static_cast<const std::uint16_t*>(x.const_data_ptr()), x.size(0),
           static_cast<std::uint16_t*>(out.data_ptr()));
  return out;
}

}  // namespace

TORCH_LIBRARY_IMPL(radonc, CPU, m) {
  m.impl("nf4_quantize", nf4_quantize);
  m.impl("nf4_dequantize", nf4_dequantize);
  m.impl("nf4_gemv", few_rows);
}

}  // namespace radonc::kernels
