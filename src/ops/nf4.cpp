#include "radonc/ops/nf4.hpp"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "kernels/nf4.hpp"
#include "radonc/core/error.hpp"

namespace radonc::ops {

const std::array<float, 16> kNf4Values = {-1.0F,
                                          -0.6961928009986877F,
                                          -0.5250730514526367F,
                                          -0.39491748809814453F,
                                          -0.28444138169288635F,
                                          -0.18477343022823334F,
                                          -0.09105003625154495F,
                                          0.0F,
                                          0.07958029955625534F,
                                          0.16093020141124725F,
                                          0.24611230194568634F,
                                          0.33791524171829224F,
                                          0.44070982933044434F,
                                          0.5626170039176941F,
                                          0.7229568362236023F,
                                          1.0F};

namespace {

constexpr float kSmallest = 1e-38F;   // of a scale that is divided by
constexpr std::int64_t kGrain = 256;  // blocks that make one thread's share

/// The index of the value nearest to each of `scaled`; between two values the lower one.
torch::Tensor nearest(const torch::Tensor& scaled, const torch::Tensor& values) {
  const auto bounds = (values.slice(0, 0, -1) + values.slice(0, 1)) / 2;
  return torch::bucketize(scaled, bounds, /*out_int32=*/true).to(torch::kUInt8);
}

/// Scales of 256 at a time, the rest last: codes and absmax.
std::pair<torch::Tensor, torch::Tensor> quantize_scales(const torch::Tensor& scales, const torch::Tensor& map) {
  std::vector<torch::Tensor> codes, absmax;
  const std::int64_t full = scales.size(0) / Nf4::kNestedBlock * Nf4::kNestedBlock;
  if (full > 0) {
    const auto blocks = scales.narrow(0, 0, full).view({-1, Nf4::kNestedBlock});
    absmax.push_back(std::get<0>(blocks.abs().max(1)));
    const auto factor = 1.0 / absmax.back().clamp_min(kSmallest).unsqueeze(1);
    codes.push_back(nearest((blocks * factor).clamp(-1, 1).flatten(), map));
  }
  if (full < scales.size(0)) {
    const auto rest = scales.slice(0, full);
    absmax.push_back(rest.abs().max().clamp_min(kSmallest).unsqueeze(0));
    codes.push_back(nearest((rest / absmax.back()).clamp(-1, 1), map));
  }
  return {torch::cat(codes), torch::cat(absmax)};
}

}  // namespace

torch::Tensor dynamic_map() {
  // Each exponent has twice the fractions of the one below it: their midpoints, both signs; then 0 and 1.
  std::vector<float> values = {0.0F, 1.0F};
  for (int i = 0; i < 7; ++i) {
    const auto ends = torch::linspace(0.1, 1, (1 << i) + 1, torch::kFloat32);
    const auto means = (ends.slice(0, 0, -1) + ends.slice(0, 1)) / 2.0;
    const auto scaled = (means * std::pow(10.0, i - 6)).contiguous();
    for (std::int64_t j = 0; j < scaled.size(0); ++j) {
      const float value = scaled[j].item<float>();
      values.push_back(value);
      values.push_back(-value);
    }
  }
  std::sort(values.begin(), values.end());
  return torch::tensor(values);
}

torch::Tensor Nf4::scales() const {
  if (!is_double_quantized()) return absmax;
  const auto block = torch::arange(absmax.size(0), torch::kInt64).div(kNestedBlock, "floor");
  return nested_map.index_select(0, absmax.to(torch::kInt64)) * nested_absmax.index_select(0, block) + nested_offset;
}

Nf4 nf4_quantize(const torch::Tensor& weight, bool double_quantization) {
  if (weight.dim() != 2 || weight.numel() == 0 || weight.numel() % Nf4::kBlock != 0) {
    throw Error(
        fmt::format("NF4 holds matrices whose number of weights is a multiple of {}; got {} weights in {} "
                    "dimensions. Load this model in bfloat16.",
                    Nf4::kBlock, weight.numel(), weight.dim()));
  }
  const torch::NoGradGuard no_gradient;
  Nf4 out{.rows = weight.size(0), .columns = weight.size(1), .source_type = weight.scalar_type()};
  const auto flat = weight.contiguous().flatten();
  const std::int64_t count = flat.numel();
  out.codes = torch::empty({count / 2}, torch::kUInt8);
  out.absmax = torch::empty({count / Nf4::kBlock}, torch::kFloat32);
  float bounds[15];
  for (std::size_t i = 0; i < 15; ++i) bounds[i] = (kNf4Values[i] + kNf4Values[i + 1]) / 2;
  constexpr std::int64_t kChunk = 1 << 22;  // bounds the temporary memory
  for (std::int64_t begin = 0; begin < count; begin += kChunk) {
    const auto chunk = flat.slice(0, begin, std::min(begin + kChunk, count)).to(torch::kFloat32);
    auto* codes = out.codes.data_ptr<std::uint8_t>() + begin / 2;
    auto* absmax = out.absmax.data_ptr<float>() + begin / Nf4::kBlock;
    at::parallel_for(0, chunk.numel() / Nf4::kBlock, kGrain, [&](std::int64_t first, std::int64_t last) {
      kernels::nf4_quantize_blocks(chunk.const_data_ptr<float>() + first * Nf4::kBlock, bounds, last - first,
                                   codes + first * Nf4::kBlock / 2, absmax + first);
    });
  }
  if (double_quantization) {
    const auto offset = out.absmax.mean();
    out.nested_map = dynamic_map();
    out.nested_offset = offset.item<float>();
    std::tie(out.absmax, out.nested_absmax) = quantize_scales(out.absmax - offset, out.nested_map);
  }
  return out;
}

torch::Tensor nf4_dequantize(const Nf4& weight, torch::ScalarType type) {
  const torch::NoGradGuard no_gradient;
  const auto scales = weight.scales().contiguous();
  auto out = torch::empty({weight.rows, weight.columns}, type);
  const auto run = [&]<typename T>(T* to) {
    at::parallel_for(0, scales.size(0), kGrain, [&](std::int64_t begin, std::int64_t end) {
      kernels::nf4_dequantize_blocks(weight.codes.const_data_ptr<std::uint8_t>() + begin * Nf4::kBlock / 2,
                                     scales.const_data_ptr<float>() + begin, kNf4Values.data(), end - begin,
                                     to + begin * Nf4::kBlock);
    });
  };
  if (type == torch::kFloat32) {
    run(out.data_ptr<float>());
  } else if (type == torch::kBFloat16) {
    run(out.data_ptr<at::BFloat16>());
  } else if (type == torch::kFloat16) {
    run(out.data_ptr<at::Half>());
  } else {
    throw Error("nf4_dequantize: expected float32, bfloat16 or float16.");
  }
  return out;
}

}  // namespace radonc::ops
