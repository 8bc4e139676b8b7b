#include "radonc/lora/lora.hpp"

#include <doctest/doctest.h>
#include <torch/types.h>

#include "radonc/core/error.hpp"
#include "support/small_model.hpp"
#include "support/tensors.hpp"

using namespace radonc;

TEST_CASE("a fresh adapter changes nothing, a moved one does, and removal restores the original") {
  auto model = test::small_model();
  const auto ids = torch::arange(20) * 7 % 211;
  const auto original = model.forward(ids);
  auto adapter = lora::inject(model, {.rank = 4});
  CHECK(adapter.modules.size() == 3 * 7);
  CHECK(test::relative_difference(model.forward(ids), original) < 1e-6);
  adapter.parameters.add_(0.05);
  const auto moved = model.forward(ids);
  CHECK(test::relative_difference(moved, original) > 1e-3);
  lora::remove(model);
  CHECK(torch::equal(model.forward(ids), original));
  lora::attach(model, adapter);
  CHECK(torch::equal(model.forward(ids), moved));
}

TEST_CASE("targets are names or name endings") {
  auto model = test::small_model();
  const auto adapter = lora::inject(model, {.target_modules = {"q_proj", "self_attn.v_proj"}});
  CHECK(adapter.modules.size() == 6);
  CHECK(adapter.modules[0] == "model.layers.0.self_attn.q_proj");
  CHECK(adapter.modules[1] == "model.layers.0.self_attn.v_proj");
  CHECK(adapter.num_parameters() == 3 * 8 * ((48 + 48) + (16 + 48)));
}

TEST_CASE("A starts in ±1/√in from its seed, B at zero") {
  auto model = test::small_model();
  const auto one = lora::inject(model, {.seed = 5}), two = lora::inject(model, {.seed = 5}),
             other = lora::inject(model, {.seed = 6});
  CHECK(torch::equal(one.parameters, two.parameters));
  CHECK_FALSE(torch::equal(one.parameters, other.parameters));
  CHECK(one.updates[0].a.abs().max().item<double>() <= 1 / std::sqrt(48.0));
  CHECK(one.updates[0].a.abs().max().item<double>() > 0.9 / std::sqrt(48.0));
  CHECK(one.updates[0].b.abs().max().item<double>() == 0);
}

TEST_CASE("bad settings are named") {
  auto model = test::small_model();
  CHECK_THROWS_WITH_AS(lora::inject(model, {.target_modules = {"query"}}), doctest::Contains("query"), Error);
  CHECK_THROWS_WITH_AS(lora::inject(model, {.rank = 17}), doctest::Contains("rank"), Error);
  CHECK_THROWS_WITH_AS(lora::inject(model, {.rank = 0}), doctest::Contains("rank"), Error);
  CHECK_THROWS_WITH_AS(lora::inject(model, {.dropout = 1}), doctest::Contains("dropout"), Error);
  CHECK_THROWS_WITH_AS(lora::inject(model, {.use_dora = true, .lora_bias = true}), doctest::Contains("lora_bias"),
                       Error);
  auto wider = test::small_config();
  wider.hidden_size = 56;
  auto other = test::small_model(wider);
  const auto adapter = lora::inject(model, {});
  CHECK_THROWS_WITH_AS(lora::attach(other, adapter), doctest::Contains("q_proj"), Error);
}
