#include "radonc/ops/frozen_weight.hpp"

#include <doctest/doctest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <array>
#include <limits>

#include "radonc/core/cpu_level.hpp"
#include "support/tensors.hpp"

using namespace radonc;

namespace {

/// Whether every element is the product's in double precision, but for one rounding to its type and float32 sums.
bool is_product(const torch::Tensor& got, const torch::Tensor& x, const torch::Tensor& weight) {
  const auto wide = x.to(torch::kFloat64), matrix = weight.to(torch::kFloat64).t();
  const auto expected = wide.mm(matrix);
  const double rounding = got.scalar_type() == torch::kBFloat16 ? 0x1p-8
                          : got.scalar_type() == torch::kHalf   ? 0x1p-11
                                                                : 0;
  const auto allowed = expected.abs() * rounding + wide.abs().mm(matrix.abs()) * 1e-6;
  return got.sizes() == expected.sizes() && ((got.to(torch::kFloat64) - expected).abs() <= allowed).all().item<bool>();
}

constexpr std::int64_t kFewRows[] = {1, 2, 3, 4, 5, 6, 7, 8, 16, 17, 24, 25, 32, 33};

}  // namespace

TEST_CASE("a dense weight is the tensor itself in its own type, and a copy in another") {
  const auto tensor = torch::randn({6, 8});
  const ops::FrozenWeight weight = tensor;
  CHECK(weight.out_features() == 6);
  CHECK(weight.in_features() == 8);
  CHECK(weight.num_bytes() == 6 * 8 * 4);
  CHECK(weight.dense(torch::kFloat32).data_ptr() == tensor.data_ptr());
  CHECK(torch::equal(weight.dense(torch::kBFloat16), tensor.to(torch::kBFloat16)));
  CHECK(weight.nf4() == nullptr);
  CHECK(weight.int8() == nullptr);
  CHECK(weight.storage().data_ptr() == tensor.data_ptr());
}

TEST_CASE("a quantised weight takes its codes and constants") {
  const ops::FrozenWeight weight = ops::nf4_quantize(torch::randn({512, 512}));
  CHECK(weight.out_features() == 512);
  CHECK(weight.numel() == 512 * 512);
  CHECK(weight.num_bytes() == 512 * 512 / 2 + 4096 + 16 * 4 + 256 * 4);  // codes, scales, their scales, the map
  CHECK(weight.dense(torch::kBFloat16).sizes() == torch::IntArrayRef({512, 512}));
}

TEST_CASE("a weight goes to another device with all that it consists of") {
  const auto tensor = torch::randn({64, 128});
  const torch::Device there(torch::kMeta);
  const ops::FrozenWeight dense = ops::FrozenWeight(tensor).to(there);
  CHECK(dense.dense(torch::kFloat32).device() == there);
  const auto nf4 = *ops::FrozenWeight(ops::nf4_quantize(tensor)).to(there).nf4();
  for (const auto& part : {nf4.codes, nf4.absmax, nf4.nested_absmax, nf4.nested_map}) CHECK(part.device() == there);
  const auto plain = *ops::FrozenWeight(ops::nf4_quantize(tensor, false)).to(there).nf4();
  CHECK_FALSE(plain.is_double_quantized());
  const auto int8 = *ops::FrozenWeight(ops::int8_quantize(tensor)).to(there).int8();
  for (const auto& part : {int8.codes, int8.scales}) CHECK(part.device() == there);
}

TEST_CASE("products with a weight of another type are those with its values, however many slices it takes") {
  torch::manual_seed(4);
  for (const std::int64_t rows : {1, 7, 1'165, 1'166, 3'000}) {  // 1'165 rows of 900 weights fill a slice
    const auto stored = torch::randn({rows, 900}).to(torch::kFloat16);
    const ops::FrozenWeight weight = stored, whole = stored.to(torch::kFloat32);
    const auto x = torch::randn({5, 900}), y = torch::randn({5, rows});
    CHECK(test::relative_difference(weight.times_transposed(x), whole.times_transposed(x)) < 1e-6);
    CHECK(test::relative_difference(weight.times(y), whole.times(y)) < 1e-6);
    CHECK((weight.times_transposed(x).scalar_type() == torch::kFloat32));
    CHECK(weight.num_bytes() * 2 == whole.num_bytes());
    // In the weight's own type nothing is converted.
    const auto narrow = x.to(torch::kFloat16);
    CHECK(torch::equal(weight.times_transposed(narrow), narrow.mm(stored.t())));
  }
}

TEST_CASE("bfloat16 products are those in float64, rounded, both ways, at any size") {
  torch::manual_seed(5);
  for (const auto& [rows, out, in] : {std::array<std::int64_t, 3>{1, 1, 1},
                                      {2, 63, 130},
                                      {7, 577, 33},
                                      {65, 1024, 1031},  // the kernel in both directions
                                      {100, 130, 72},
                                      {255, 200, 321},
                                      {256, 200, 321},
                                      {1100, 1040, 1025}}) {
    CAPTURE(rows);
    CAPTURE(out);
    CAPTURE(in);
    const auto dense = torch::randn({out, in}).to(torch::kBFloat16);
    const ops::FrozenWeight weight = dense;
    const auto exact = dense.to(torch::kFloat64);
    const auto x = torch::randn({rows, in}).to(torch::kBFloat16), y = torch::randn({rows, out}).to(torch::kBFloat16);
    CHECK(test::relative_difference(weight.times_transposed(x), x.to(torch::kFloat64).mm(exact.t())) < 4e-3);
    CHECK(test::relative_difference(weight.times(y), y.to(torch::kFloat64).mm(exact)) < 4e-3);
  }
}

TEST_CASE("few rows in bfloat16 meet a dense weight of any size") {
  torch::manual_seed(5);
  for (const auto& [out, in] : {std::array<std::int64_t, 2>{1, 1}, {3, 31}, {8, 32}, {9, 33}, {67, 100}, {1030, 576}})
    for (const std::int64_t rows : kFewRows) {
      CAPTURE(out);
      CAPTURE(in);
      CAPTURE(rows);
      const auto weight = torch::randn({out, in}).to(torch::kBFloat16);
      const auto x = torch::randn({rows, in}).to(torch::kBFloat16);
      CHECK(is_product(ops::FrozenWeight(weight).times_transposed(x), x, weight));
      const auto by_columns = torch::randn({in, out}).to(torch::kBFloat16).t(), slice = torch::cat({x, x}, 1);
      CHECK(is_product(ops::FrozenWeight(by_columns).times_transposed(slice.narrow(1, 0, in)), x, by_columns));
    }
}

TEST_CASE("few rows meet NF4's weights as they are rounded to bfloat16") {
  torch::manual_seed(6);
  for (const bool double_quantization : {true, false})
    for (const auto& [out, in] : {std::array<std::int64_t, 2>{1, 64}, {3, 128}, {5, 192}, {1103, 576}, {7, 4160}})
      for (const std::int64_t rows : kFewRows) {
        CAPTURE(out);
        CAPTURE(in);
        CAPTURE(rows);
        const ops::FrozenWeight weight = ops::nf4_quantize(torch::randn({out, in}), double_quantization);
        const auto x = torch::randn({rows, in}).to(torch::kBFloat16);
        const auto type = core::cpu_level() >= core::CpuLevel::kAvx512Bf16 ? torch::kBFloat16 : torch::kFloat32;
        CHECK(is_product(weight.times_transposed(x), x, weight.dense(type)));
      }
}

TEST_CASE("where a quantised weight has no kernel, products are those with its values in float32, at any size") {
  torch::manual_seed(9);
  for (const auto& [out, in] : {std::array<std::int64_t, 2>{1, 64}, {5, 192}, {64, 33}, {131, 320}, {300, 4160}})
    for (const std::int64_t rows : {1, 2, 5, 16, 17, 40}) {
      CAPTURE(out);
      CAPTURE(in);
      CAPTURE(rows);
      const auto dense = torch::randn({out, in});
      // No kernel takes these types.
      const std::pair<ops::FrozenWeight, torch::ScalarType> cases[] = {
          {ops::nf4_quantize(dense), torch::kFloat32},
          {ops::nf4_quantize(dense, false), torch::kFloat16},
          {ops::int8_quantize(dense), torch::kFloat16},
      };
      for (const auto& [weight, type] : cases) {
        const auto values = weight.dense(torch::kFloat32);
        const auto x = torch::randn({rows, in}).to(type), y = torch::randn({rows, out}).to(type);
        const auto forward = weight.times_transposed(x), backward = weight.times(y);
        CHECK((forward.scalar_type() == type));
        CHECK((backward.scalar_type() == type));
        if (type == torch::kFloat16 && in % 64 != 0 && weight.nf4()) continue;  // its values are float16's then
        CHECK(is_product(forward, x, values));
        CHECK(is_product(backward, y, values.t()));
      }
    }
}

TEST_CASE("an int8 product is the same to the last bit, however many rows go together") {
  torch::manual_seed(7);
  for (const auto type : {torch::kFloat32, torch::kBFloat16})
    for (const auto& [out, in] : {std::array<std::int64_t, 2>{1, 1}, {15, 127}, {17, 129}, {130, 320}, {530, 576}}) {
      CAPTURE(out);
      CAPTURE(in);
      const ops::FrozenWeight weight = ops::int8_quantize(torch::randn({out, in}));
      const auto x = torch::randn({40, in}).to(type), together = weight.times_transposed(x);
      for (const std::int64_t rows : kFewRows)
        for (std::int64_t first = 0; first + rows <= 40; first += rows)
          if (core::cpu_level() >= core::CpuLevel::kAvx512Vnni)
            CHECK(torch::equal(weight.times_transposed(x.narrow(0, first, rows)), together.narrow(0, first, rows)));
    }
}

TEST_CASE("a row that is not finite leaves the others alone") {
  torch::manual_seed(8);
  const auto dense = torch::randn({70, 192});
  auto x = torch::randn({3, 192}).to(torch::kBFloat16);
  x[1][191] = std::numeric_limits<float>::quiet_NaN();
  for (const ops::FrozenWeight& weight :
       {ops::FrozenWeight(dense.to(torch::kBFloat16)), ops::FrozenWeight(ops::nf4_quantize(dense))}) {
    const auto out = weight.times_transposed(x);
    CHECK(out[0].isfinite().all().item<bool>());
    CHECK_FALSE(out[1].isfinite().any().item<bool>());
    CHECK(out[2].isfinite().all().item<bool>());
  }
}
