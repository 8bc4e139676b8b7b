#include "radonc/ops/frozen_weight.hpp"

#include <doctest/doctest.h>
#include <torch/torch.h>

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
