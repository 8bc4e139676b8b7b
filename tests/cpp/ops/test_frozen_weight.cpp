#include "radonc/ops/frozen_weight.hpp"

#include <doctest/doctest.h>
#include <torch/torch.h>

#include <array>

#include "support/tensors.hpp"

using namespace radonc;

TEST_CASE("a dense weight is the tensor itself in its own type, and a copy in another") {
  const auto tensor = torch::randn({6, 8});
  const ops::FrozenWeight weight = tensor;
  CHECK(weight.out_features() == 6);
  CHECK(weight.in_features() == 8);
  CHECK(weight.num_bytes() == 6 * 8 * 4);
  CHECK(weight.dense(torch::kFloat32).data_ptr() == tensor.data_ptr());
  CHECK(torch::equal(weight.dense(torch::kBFloat16), tensor.to(torch::kBFloat16)));
  CHECK_FALSE(weight.nf4().has_value());
}

TEST_CASE("a quantised weight takes its codes and constants") {
  const ops::FrozenWeight weight = ops::nf4_quantize(torch::randn({512, 512}));
  CHECK(weight.out_features() == 512);
  CHECK(weight.numel() == 512 * 512);
  CHECK(weight.num_bytes() == 512 * 512 / 2 + 4096 + 16 * 4 + 256 * 4);  // codes, scales, their scales, the map
  CHECK(weight.dense(torch::kBFloat16).sizes() == torch::IntArrayRef({512, 512}));
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
