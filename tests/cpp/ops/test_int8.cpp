#include "radonc/ops/int8.hpp"

#include <doctest/doctest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <limits>
#include <optional>

#include "radonc/core/cpu_level.hpp"
#include "radonc/core/error.hpp"
#include "radonc/ops/frozen_weight.hpp"
#include "support/tensors.hpp"

using namespace radonc;

namespace {

/// The scale of each weight of `rows` × `columns`.
torch::Tensor spread(const torch::Tensor& scales, std::int64_t rows, std::int64_t columns) {
  return scales.repeat_interleave(128, 0).narrow(0, 0, rows).repeat_interleave(128, 1).narrow(1, 0, columns);
}

/// x with each 1 × 128 tile rounded to 127 steps of its largest value, in double precision.
torch::Tensor rounded_tiles(const torch::Tensor& x) {
  const std::int64_t rows = x.size(0), depth = x.size(1), padded = (depth + 127) / 128 * 128;
  auto tiles = torch::zeros({rows, padded}, torch::kFloat64);
  tiles.narrow(1, 0, depth).copy_(x);
  tiles = tiles.view({rows, -1, 128});
  const auto step = (tiles.abs().amax(2, true) / 127).clamp_min(1e-300);
  return ((tiles / step).round() * step).view({rows, padded}).narrow(1, 0, depth);
}

double relative_error(const torch::Tensor& got, const torch::Tensor& expected) {
  const double size = expected.norm().item<double>();
  return (got.to(torch::kFloat64) - expected).norm().item<double>() / std::max(size, 1e-300);
}

}  // namespace

TEST_CASE("each block of 128 × 128 has 127 steps of its largest weight") {
  torch::manual_seed(1);
  for (const auto& [rows, columns] : {std::pair{1, 1}, {128, 128}, {130, 257}, {300, 64}}) {
    const auto weight = torch::randn({rows, columns});
    const auto quantized = ops::int8_quantize(weight);
    CHECK(quantized.scales.sizes() == torch::IntArrayRef({(rows + 127) / 128, (columns + 127) / 128}));
    const auto scales = spread(quantized.scales, rows, columns);
    for (std::int64_t i = 0; i < quantized.scales.size(0); ++i)
      for (std::int64_t j = 0; j < quantized.scales.size(1); ++j) {
        const auto block = weight.slice(0, 128 * i, std::min<std::int64_t>(128 * (i + 1), rows))
                               .slice(1, 128 * j, std::min<std::int64_t>(128 * (j + 1), columns));
        CHECK(quantized.scales[i][j].item<float>() == doctest::Approx(block.abs().max().item<float>() / 127));
      }
    const auto back = ops::int8_dequantize(quantized, torch::kFloat32);
    CHECK(torch::equal(back, quantized.codes.to(torch::kFloat32) * scales));
    CHECK(((back - weight).abs() <= scales * 0.5001).all().item<bool>());
    CHECK(torch::equal(ops::int8_dequantize(quantized, torch::kBFloat16), back.to(torch::kBFloat16)));
  }
}

TEST_CASE("zeros stay zeros, and what is no matrix of finite numbers is refused") {
  CHECK(torch::equal(ops::int8_dequantize(ops::int8_quantize(torch::zeros({3, 5})), torch::kFloat32),
                     torch::zeros({3, 5})));
  CHECK_THROWS_WITH_AS(ops::int8_quantize(torch::zeros({3})), doctest::Contains("1 dimensions"), Error);
  CHECK_THROWS_AS(ops::int8_quantize(torch::zeros({0, 4})), Error);
  for (const float odd : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    auto weight = torch::zeros({200, 4});
    weight[150][2] = odd;
    CHECK_THROWS_WITH_AS(ops::int8_quantize(weight), doctest::Contains("not finite"), Error);
  }
}

TEST_CASE("products are those of the rounded tiles and the dequantised weight, both ways, at any size") {
  torch::manual_seed(2);
  for (const auto type : {torch::kFloat32, torch::kBFloat16})
    for (const auto& [rows, out, in] : {std::array<std::int64_t, 3>{1, 1, 1},
                                        {1, 64, 128},
                                        {5, 130, 129},
                                        {6, 63, 65},
                                        {7, 192, 576},
                                        {37, 100, 300},
                                        {530, 70, 140},
                                        {1025, 9, 3}}) {
      CAPTURE(rows);
      CAPTURE(out);
      CAPTURE(in);
      const auto quantized = ops::int8_quantize(torch::randn({out, in}));
      const ops::FrozenWeight weight = quantized;
      const auto exact = ops::int8_dequantize(quantized, torch::kFloat32).to(torch::kFloat64);
      const auto x = torch::randn({rows, in}).to(type), y = torch::randn({rows, out}).to(type);
      const double tolerance = type == torch::kFloat32 ? 1e-5 : 4e-3;
      if (core::cpu_level() < core::CpuLevel::kAvx512Vnni) {  // then the products are of x itself
        CHECK(relative_error(weight.times_transposed(x), x.to(torch::kFloat64).mm(exact.t())) < 1e-2);
        CHECK(relative_error(weight.times(y), y.to(torch::kFloat64).mm(exact)) < 1e-2);
        continue;
      }
      CHECK(relative_error(weight.times_transposed(x), rounded_tiles(x).mm(exact.t())) < tolerance);
      CHECK(relative_error(weight.times(y), rounded_tiles(y).mm(exact)) < tolerance);
    }
}

TEST_CASE("int8_gemv multiplies x as it is") {
  torch::manual_seed(4);
  for (const auto& [rows, out, in] :
       {std::array<std::int64_t, 3>{0, 3, 5}, {1, 1, 1}, {1, 130, 576}, {8, 63, 129}, {9, 40, 64}}) {
    const auto quantized = ops::int8_quantize(torch::randn({out, in}));
    const auto exact = ops::int8_dequantize(quantized, torch::kFloat32).to(torch::kFloat64);
    for (const auto type : {torch::kFloat32, torch::kBFloat16}) {
      const auto x = torch::randn({rows, in}).to(type), got = ops::int8_gemv(x, quantized);
      CHECK((got.scalar_type() == type));
      CHECK(got.sizes() == torch::IntArrayRef({rows, out}));
      CHECK(relative_error(got, x.to(torch::kFloat64).mm(exact.t())) < (type == torch::kFloat32 ? 1e-6 : 4e-3));
    }
  }
  CHECK_THROWS_AS(ops::int8_gemv(torch::ones({1, 3}), ops::int8_quantize(torch::ones({2, 4}))), c10::Error);
}

TEST_CASE("what is not finite stays visible") {
  const ops::FrozenWeight weight = ops::int8_quantize(torch::ones({70, 200}));
  auto x = torch::ones({3, 200});
  x[1][150] = std::numeric_limits<float>::quiet_NaN();
  const auto out = weight.times_transposed(x);
  CHECK(out[0].isfinite().all().item<bool>());
  CHECK_FALSE(out[1].isfinite().any().item<bool>());
  CHECK(out[2].isfinite().all().item<bool>());
}

TEST_CASE("codes that share pages with others, or have pages of their own, keep their values") {
  torch::manual_seed(3);
  const auto large = torch::randn({2'100, 4'096}), small = torch::randn({1'000, 4'096});  // 8 MiB is the border
  auto before = std::make_optional(ops::int8_quantize(small));
  const auto kept = ops::int8_quantize(small), own = ops::int8_quantize(large), after = ops::int8_quantize(small);
  CHECK(torch::equal(kept.codes, before->codes));
  before.reset();
  const auto another = ops::int8_quantize(small * 2);
  CHECK(torch::equal(kept.codes, after.codes));
  CHECK(torch::equal(another.codes, kept.codes));
  const auto step = spread(own.scales, 2'100, 4'096);
  CHECK(((ops::int8_dequantize(own, torch::kFloat32) - large).abs() <= step * 0.5001).all().item<bool>());
}
