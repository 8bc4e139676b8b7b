#include "radonc/core/cpu_level.hpp"
#include "radonc/ops/nf4.hpp"

#include <doctest/doctest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <map>

#include "radonc/core/error.hpp"
#include "radonc/formats/safetensors.hpp"
#include "radonc/ops/frozen_weight.hpp"
#include "radonc/ops/lora_linear.hpp"
#include "support/tensors.hpp"

using namespace radonc;

namespace {

/// bitsandbytes' own results; see tests/reference/make_nf4_golden.py.
const torch::Tensor& golden(const std::string& name) {
  static const std::map<std::string, torch::Tensor> kAll = [] {
    static const formats::SafetensorsFile file(RADONC_TEST_DATA "/ops/nf4.safetensors");
    std::map<std::string, torch::Tensor> all;
    for (const auto& tensor : file.tensors()) {
      const auto type = tensor.dtype == "F32"    ? torch::kFloat32
                        : tensor.dtype == "BF16" ? torch::kBFloat16
                                                 : torch::kUInt8;
      all[tensor.name] = torch::from_blob(const_cast<std::byte*>(tensor.bytes.data()), tensor.shape, type).clone();
    }
    return all;
  }();
  return kAll.at(name);
}

torch::Tensor values() {
  return torch::tensor(at::ArrayRef<float>(ops::kNf4Values));
}

}  // namespace

TEST_CASE("the maps are bitsandbytes' to the bit") {
  CHECK(torch::equal(values(), golden("quant_map")));
  CHECK(torch::equal(ops::dynamic_map(), golden("nested_map")));
}

TEST_CASE("codes, constants and values are bitsandbytes' to the bit") {
  for (const char* matrix : {"normal", "bfloat16", "ragged", "special"}) {
    const std::string name = matrix;
    CAPTURE(name);
    const auto& weight = golden(name + ".weight");
    const auto plain = ops::nf4_quantize(weight, false);
    CHECK(torch::equal(plain.codes, golden(name + ".codes")));
    CHECK(torch::equal(plain.absmax, golden(name + ".absmax")));
    const auto nested = ops::nf4_quantize(weight);
    CHECK(torch::equal(nested.codes, golden(name + ".codes")));
    CHECK(torch::equal(nested.absmax, golden(name + ".qabsmax")));
    CHECK(torch::equal(nested.nested_absmax, golden(name + ".nested_absmax")));
    CHECK(nested.nested_offset == golden(name + ".offset").item<float>());
    CHECK(torch::equal(ops::nf4_dequantize(nested, torch::kFloat32), golden(name + ".values")));
    CHECK((nested.source_type == weight.scalar_type()));
  }
}

TEST_CASE("bfloat16 values are the float32 ones, rounded") {
  const auto nested = ops::nf4_quantize(golden("normal.weight"));
  CHECK(torch::equal(ops::nf4_dequantize(nested, torch::kBFloat16),
                     ops::nf4_dequantize(nested, torch::kFloat32).to(torch::kBFloat16)));
}

TEST_CASE("a large matrix has the codes and scales of its parts") {
  torch::manual_seed(3);
  const auto weight = torch::randn({2100, 2048});  // more blocks than are widened at a time
  const auto whole = ops::nf4_quantize(weight, false);
  std::vector<torch::Tensor> codes, absmax;
  for (const auto& part : weight.split(700)) {
    const auto own = ops::nf4_quantize(part, false);
    codes.push_back(own.codes);
    absmax.push_back(own.absmax);
  }
  CHECK(torch::equal(whole.codes, torch::cat(codes)));
  CHECK(torch::equal(whole.absmax, torch::cat(absmax)));
}

TEST_CASE("what does not fill blocks is refused") {
  CHECK_THROWS_WITH_AS(ops::nf4_quantize(torch::ones({3, 20})), doctest::Contains("64"), Error);
  CHECK_THROWS_AS(ops::nf4_quantize(torch::ones({64})), Error);
  CHECK_THROWS_AS(ops::nf4_quantize(torch::empty({0, 64})), Error);
}

TEST_CASE("a linear layer on a quantised weight equals one on its dequantised values, gradients included") {
  torch::manual_seed(1);
  const ops::FrozenWeight quantized = ops::nf4_quantize(torch::randn({48, 64}));
  const ops::FrozenWeight dense = quantized.dense(torch::kFloat32);
  CHECK(quantized.num_bytes() < 48 * 64 * 6 / 10 + 1100);
  std::vector<torch::Tensor> outputs, gradients;
  for (const auto& weight : {quantized, dense}) {
    torch::manual_seed(2);
    auto x = torch::randn({17, 64}).set_requires_grad(true);  // more than the rows that have a sum of their own
    ops::LowRankUpdate update{.a = torch::randn({4, 64}).set_requires_grad(true),
                              .b = torch::randn({48, 4}).set_requires_grad(true)};
    const auto y = ops::lora_linear(x, weight, {}, update);
    y.square().sum().backward();
    outputs.push_back(y.detach());
    gradients.push_back(torch::cat({x.grad().flatten(), update.a.grad().flatten(), update.b.grad().flatten()}));
  }
  CHECK(torch::equal(outputs[0], outputs[1]));
  CHECK(torch::equal(gradients[0], gradients[1]));
}

TEST_CASE("bfloat16 products are those of the dequantised weight, both ways, at any size") {
  torch::manual_seed(3);
  for (const bool nested : {false, true})
    for (const auto& [rows, out, in] : {std::array<std::int64_t, 3>{1, 1, 64},
                                        {1, 63, 128},
                                        {5, 130, 192},
                                        {7, 192, 576},
                                        {37, 200, 320},
                                        {530, 70, 64},
                                        {6, 96, 96}}) {  // the last: blocks that span rows
      CAPTURE(rows);
      CAPTURE(out);
      CAPTURE(in);
      const auto quantized = ops::nf4_quantize(torch::randn({out, in}), nested);
      const ops::FrozenWeight weight = quantized;
      const auto exact = ops::nf4_dequantize(quantized, torch::kBFloat16).to(torch::kFloat64);
      const auto x = torch::randn({rows, in}).to(torch::kBFloat16), y = torch::randn({rows, out}).to(torch::kBFloat16);
      const auto error = [](const torch::Tensor& got, const torch::Tensor& expected) {
        return ((got.to(torch::kFloat64) - expected).norm() / expected.norm()).item<double>();
      };
      // Below that level the weights are not rounded to bfloat16 on their way.
      const double tolerance = core::cpu_level() >= core::CpuLevel::kAvx512Bf16 ? 4e-3 : 8e-3;
      CHECK(error(weight.times_transposed(x), x.to(torch::kFloat64).mm(exact.t())) < tolerance);
      CHECK(error(weight.times(y), y.to(torch::kFloat64).mm(exact)) < tolerance);
    }
}
