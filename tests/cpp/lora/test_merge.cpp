#include "radonc/lora/merge.hpp"

#include <doctest/doctest.h>
#include <torch/types.h>

#include "radonc/core/error.hpp"
#include "support/small_model.hpp"
#include "support/tensors.hpp"

using namespace radonc;

namespace {

lora::Adapter moved_adapter(model::Transformer& model, const lora::LoraConfig& config) {
  auto adapter = lora::inject(model, config);
  adapter.parameters.add_(torch::randn_like(adapter.parameters) * 0.02);
  return adapter;
}

}  // namespace

TEST_CASE("a merged model answers as the adapted one, and unmerging gives every bit back") {
  const auto ids = torch::arange(30);
  for (const bool dora : {false, true}) {
    auto model = test::small_model();
    const auto original = model.forward(ids);
    const auto adapter = moved_adapter(model, {.rank = 4, .use_dora = dora});
    const auto adapted = model.forward(ids);
    CHECK(test::relative_difference(adapted, original) > 1e-3);
    const auto merged = lora::merge(model, adapter);
    CHECK_FALSE(model.has_adapter());
    CHECK(merged.relative_error == 0);
    CHECK(test::relative_difference(model.forward(ids), adapted) < 1e-5);
    lora::unmerge(model, merged);
    CHECK(torch::equal(model.forward(ids), adapted));
    lora::remove(model);
    CHECK(torch::equal(model.forward(ids), original));
  }
}

TEST_CASE("what is lost to rounding is reported: more in NF4 than in float32") {
  auto model = test::small_model();
  const auto adapter = moved_adapter(model, {.rank = 4, .target_modules = {"up_proj"}});
  const auto merged = lora::merge(model, adapter, lora::MergeTarget::kNf4);
  CHECK(model.linears()[5]->weight.nf4() != nullptr);
  CHECK(merged.relative_error > 0.1);  // the change is smaller than NF4's steps
  CHECK(merged.worst_module.ends_with("up_proj"));
  lora::unmerge(model, merged);
  CHECK(model.linears()[5]->weight.nf4() == nullptr);
}

TEST_CASE("merged float16 weights stay float16, and the biases float32") {
  const std::filesystem::path path = RADONC_TEST_DATA "/model/tiny_qwen2_float16";
  auto model = model::Transformer::load(path, {.dtype = model::Dtype::kFloat16});
  const auto ids = torch::arange(30);
  const auto adapter = moved_adapter(model, {.rank = 4, .bias = lora::Bias::kLoraOnly});
  const auto adapted = model.forward(ids);
  const auto merged = lora::merge(model, adapter);
  CHECK(model.linears()[0]->weight.num_bytes() == 2 * model.linears()[0]->weight.numel());
  CHECK((model.linears()[0]->bias.scalar_type() == torch::kFloat32));
  CHECK(merged.relative_error > 0);
  CHECK(test::relative_difference(model.forward(ids), adapted) < 2e-3);
  lora::unmerge(model, merged);
  CHECK(torch::equal(model.forward(ids), adapted));
}

TEST_CASE("a merged model is another base, and unmerging makes it the old one") {
  using model::Quantization;
  for (const auto quantization : {Quantization::kNone, Quantization::kNf4, Quantization::kInt8})
    for (const auto target : {lora::MergeTarget::kDense, lora::MergeTarget::kNf4}) {
      auto model = model::Transformer::load(RADONC_TEST_DATA "/model/tiny_qwen2",
                                            {.dtype = model::Dtype::kFloat32, .quantization = quantization});
      const std::string base = model.fingerprint();
      const auto adapter = moved_adapter(model, {.rank = 2, .bias = lora::Bias::kAll});
      CHECK(adapter.base == base);
      CHECK(model.fingerprint() == base);  // whatever adapter it has
      const auto merged = lora::merge(model, adapter, target);
      const std::string after = model.fingerprint();
      CHECK(after != base);
      lora::unmerge(model, merged);
      CHECK(model.fingerprint() == base);
      CHECK((lora::merge(model, adapter, target), model.fingerprint()) == after);
    }
}

TEST_CASE("another model's adapter is not merged, and the model stays as it was") {
  auto model = test::small_model();
  auto config = test::small_config();
  config.intermediate_size = 64;
  auto other = test::small_model(config);
  const auto adapter = moved_adapter(other, {.rank = 4});
  const auto ids = torch::arange(30);
  const auto original = model.forward(ids);
  CHECK_THROWS_WITH_AS(lora::merge(model, adapter), doctest::Contains("does not fit"), Error);
  CHECK(torch::equal(model.forward(ids), original));
}
