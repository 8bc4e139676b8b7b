#include "radonc/ops/nf4.hpp"

#include <fmt/format.h>
#include <torch/library.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

#include "kernels/nf4.hpp"
#include "radonc/core/error.hpp"

namespace radonc::ops {

const std::array<float, 16> kNf4Values = kernels::kNf4Table;

namespace {

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
    const auto factor = 1.0 / absmax.back().clamp_min(kernels::kNf4SmallestScale).unsqueeze(1);
    codes.push_back(nearest((blocks * factor).clamp(-1, 1).flatten(), map));
  }
  if (full < scales.size(0)) {
    const auto rest = scales.slice(0, full);
    absmax.push_back(rest.abs().max().clamp_min(kernels::kNf4SmallestScale).unsqueeze(0));
    codes.push_back(nearest((rest / absmax.back()).clamp(-1, 1), map));
  }
  return {torch::cat(codes), torch::cat(absmax)};
}

using MaybeTensor = std::optional<torch::Tensor>;

MaybeTensor maybe(const torch::Tensor& tensor) {
  return tensor.defined() ? MaybeTensor(tensor) : std::nullopt;
}

std::tuple<torch::Tensor, torch::Tensor> meta_quantize(const torch::Tensor& weight) {
  const auto count = weight.sym_numel();
  return {at::empty_symint({count / 2}, weight.options().dtype(torch::kUInt8)),
          at::empty_symint({count / Nf4::kBlock}, weight.options().dtype(torch::kFloat32))};
}

torch::Tensor meta_dequantize(const torch::Tensor& codes, const torch::Tensor& /*absmax*/,
                              const MaybeTensor& /*nested_absmax*/, const MaybeTensor& /*nested_map*/,
                              double /*nested_offset*/, std::int64_t rows, std::int64_t columns,
                              torch::ScalarType type) {
  return torch::empty({rows, columns}, codes.options().dtype(type));
}

torch::Tensor meta_gemv(const torch::Tensor& x, const torch::Tensor& /*codes*/, const torch::Tensor& /*absmax*/,
                        const MaybeTensor& /*nested_absmax*/, const MaybeTensor& /*nested_map*/,
                        double /*nested_offset*/, std::int64_t rows, std::int64_t /*columns*/) {
  return at::empty_symint({x.sym_size(0), rows}, x.options());
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

Nf4 nf4_quantize(const torch::Tensor& weight, bool double_quantization) {
  if (weight.dim() != 2 || weight.numel() == 0 || weight.numel() % Nf4::kBlock != 0) {
    throw Error(
        fmt::format("NF4 holds matrices whose number of weights is a multiple of {}; got {} weights in {} "
                    "dimensions. Load this model in bfloat16.",
                    Nf4::kBlock, weight.numel(), weight.dim()));
  }
  const torch::NoGradGuard no_gradient;
  Nf4 out{.rows = weight.size(0), .columns = weight.size(1), .source_type = weight.scalar_type()};
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("radonc::nf4_quantize", "")
                             .typed<std::tuple<torch::Tensor, torch::Tensor>(const torch::Tensor&)>();
  const bool has_kernel = weight.scalar_type() == torch::kFloat32 || weight.scalar_type() == torch::kBFloat16;
  std::tie(out.codes, out.absmax) = op.call(has_kernel ? weight : weight.to(torch::kFloat32));
  if (double_quantization) {
    out.absmax = out.absmax.cpu();  // the mean depends on the order of the sum: the same on every device
    const auto offset = out.absmax.mean();
    out.nested_map = dynamic_map();
    out.nested_offset = offset.item<float>();
    std::tie(out.absmax, out.nested_absmax) = quantize_scales(out.absmax - offset, out.nested_map);
  }
  for (auto* tensor : {&out.codes, &out.absmax, &out.nested_absmax, &out.nested_map})
    if (tensor->defined()) *tensor = tensor->to(weight.device());
  return out;
}

torch::Tensor nf4_dequantize(const Nf4& weight, torch::ScalarType type) {
  static const auto op =
      c10::Dispatcher::singleton()
          .findSchemaOrThrow("radonc::nf4_dequantize", "")
          .typed<torch::Tensor(const torch::Tensor&, const torch::Tensor&, const MaybeTensor&, const MaybeTensor&,
                               double, std::int64_t, std::int64_t, torch::ScalarType)>();
  return op.call(weight.codes, weight.absmax, maybe(weight.nested_absmax), maybe(weight.nested_map),
                 weight.nested_offset, weight.rows, weight.columns, type);
}

torch::Tensor nf4_gemv(const torch::Tensor& x, const Nf4& weight) {
  static const auto op =
      c10::Dispatcher::singleton()
          .findSchemaOrThrow("radonc::nf4_gemv", "")
          .typed<torch::Tensor(const torch::Tensor&, const torch::Tensor&, const torch::Tensor&, const MaybeTensor&,
                               const MaybeTensor&, double, std::int64_t, std::int64_t)>();
  return op.call(x, weight.codes, weight.absmax, maybe(weight.nested_absmax), maybe(weight.nested_map),
                 weight.nested_offset, weight.rows, weight.columns);
}

TORCH_LIBRARY_FRAGMENT(radonc, m) {
  m.def("nf4_quantize(Tensor weight) -> (Tensor codes, Tensor absmax)");
  m.def(
      "nf4_dequantize(Tensor codes, Tensor absmax, Tensor? nested_absmax, Tensor? nested_map, float nested_offset, "
      "int rows, int columns, ScalarType dtype) -> Tensor");
  m.def(
      "nf4_gemv(Tensor x, Tensor codes, Tensor absmax, Tensor? nested_absmax, Tensor? nested_map, float nested_offset, "
      "int rows, int columns) -> Tensor");
}
TORCH_LIBRARY_IMPL(radonc, Meta, m) {
  m.impl("nf4_quantize", meta_quantize);
  m.impl("nf4_dequantize", meta_dequantize);
  m.impl("nf4_gemv", meta_gemv);
}

}  // namespace radonc::ops
