#include "radonc/train/trainer.hpp"

#include <doctest/doctest.h>
#include <torch/optim/adamw.h>
#include <torch/types.h>

#include "radonc/core/error.hpp"
#include "support/full_memory.hpp"
#include "support/small_model.hpp"
#include "support/trained_parts.hpp"

using namespace radonc;

namespace {

/// Cases whose answers follow from the prompt: the model can learn them.
std::vector<std::vector<text::TokenizedPair>> cases(int count) {
  std::vector<std::vector<text::TokenizedPair>> all;
  for (int c = 0; c < count; ++c) {
    std::vector<text::TokenId> details;
    for (int i = 0; i < 12; ++i) details.push_back((c % 4 * 31 + i * 7) % 200);
    auto one = details, two = details;
    one.insert(one.end(), {201, c % 4 + 10, 209});
    two.insert(two.end(), {202, c % 4 + 20, c % 4 + 30, 209});
    all.push_back({{.ids = one, .num_prompt_tokens = 13}, {.ids = two, .num_prompt_tokens = 13}});
  }
  return all;
}

torch::Tensor trained(const train::TrainConfig& config, double dropout = 0, train::TrainLog* log = nullptr) {
  auto model = test::small_model();
  auto adapter = lora::inject(model, {.rank = 4, .alpha = 8, .dropout = dropout, .seed = 1});
  const auto result = train::fit(model, adapter, cases(16), config);
  if (log != nullptr) *log = result;
  return adapter.parameters;
}

}  // namespace

TEST_CASE("the loss falls, and the log tells what was computed") {
  train::TrainLog log;
  trained({.num_epochs = 20, .cases_per_step = 4, .learning_rate = 1e-2}, 0, &log);
  CHECK(log.steps.size() == 80);
  CHECK(log.steps.back().loss < 0.2 * log.steps.front().loss);
  CHECK(log.steps[0].num_supervised == 4 * 5);
  CHECK(log.steps[0].num_computed < log.steps[0].num_represented);
  CHECK(log.steps.back().epoch == doctest::Approx(20));
}

TEST_CASE("same seed: same adapter, bit for bit; another seed: another") {
  const train::TrainConfig config{.num_epochs = 3, .cases_per_step = 4, .learning_rate = 1e-2, .seed = 4};
  for (const double dropout : {0.0, 0.2}) CHECK(torch::equal(trained(config, dropout), trained(config, dropout)));
  auto other = config;
  other.seed = 5;
  CHECK_FALSE(torch::equal(trained(config), trained(other)));
  CHECK_FALSE(torch::equal(trained(config, 0), trained(config, 0.2)));
}

TEST_CASE("without shuffling every epoch takes the cases in the order given") {
  const train::TrainConfig config{.num_epochs = 2, .cases_per_step = 1, .shuffle = false, .learning_rate = 1e-9};
  train::TrainLog log, shuffled;
  trained(config, 0, &log);
  const auto losses = [](const train::TrainLog& of, std::size_t begin, std::size_t end) {
    std::vector<double> all;
    for (std::size_t i = begin; i < end; ++i) all.push_back(of.steps[i].loss);
    return all;
  };
  const std::size_t count = log.steps.size() / 2;
  auto mixed = config;
  mixed.shuffle = true;
  trained(mixed, 0, &shuffled);
  for (std::size_t i = 0; i < count; ++i)
    CHECK(log.steps[i].loss == doctest::Approx(log.steps[count + i].loss).epsilon(1e-4));
  CHECK(losses(shuffled, 0, count) != losses(shuffled, count, 2 * count));
}

TEST_CASE("accumulation over one or many batches gives the same step") {
  train::TrainConfig config{.num_epochs = 1, .cases_per_step = 8, .max_tokens_per_batch = 4096, .learning_rate = 1e-3};
  const auto whole = trained(config);
  config.max_tokens_per_batch = 1;  // one case a batch
  CHECK(test::relative_difference(trained(config), whole) < 1e-4);
}

TEST_CASE("every supervised token of a step weighs the same, however many its batch has") {
  std::vector<std::vector<text::TokenizedPair>> uneven;  // answers of 1, 2, … 8 tokens
  for (int c = 0; c < 8; ++c) {
    text::TokenizedPair pair{.ids = {}, .num_prompt_tokens = 6};
    for (int i = 0; i < 7 + c; ++i) pair.ids.push_back((c * 53 + i * 29) % 211);
    uneven.push_back({pair});
  }
  const auto first_step = [&](std::int64_t max_tokens, lora::Adapter& adapter) {
    auto model = test::small_model();
    adapter = lora::inject(model, {.rank = 4, .alpha = 8, .seed = 1});
    adapter.parameters.add_(torch::randn_like(adapter.parameters) * 0.05);  // B is no longer 0, so that A has gradients
    const train::TrainConfig config{.max_steps = 1,
                                    .cases_per_step = 8,
                                    .max_tokens_per_batch = max_tokens,
                                    .learning_rate = 1e-9,
                                    .max_grad_norm = 0};
    return train::fit(model, adapter, uneven, config).steps.at(0);
  };
  lora::Adapter one, many;
  const auto together = first_step(4096, one), apart = first_step(1, many);
  CHECK(together.num_supervised == 36);
  CHECK(together.loss == doctest::Approx(apart.loss).epsilon(1e-6));
  CHECK(together.grad_norm == doctest::Approx(apart.grad_norm).epsilon(1e-5));
  CHECK(test::relative_difference(many.gradients, one.gradients, one) < 1e-5);

  double sum = 0;  // over tokens: the step's loss is their mean
  auto model = test::small_model();
  lora::attach(model, one);
  for (const auto& group : uneven) sum += model.loss(batch::pack(group)).item<double>();
  CHECK(together.loss == doctest::Approx(sum / 36).epsilon(1e-5));
}

TEST_CASE("the larger the model, the fewer tokens are computed at once") {
  CHECK(train::tokens_per_batch(model::llama2_7b()) == 512);
  auto smaller = model::mistral_7b_v01();
  smaller.num_hidden_layers = 16;
  CHECK(train::tokens_per_batch(smaller) == 1024);
  CHECK(train::tokens_per_batch({.hidden_size = 576,
                                 .intermediate_size = 1536,
                                 .num_hidden_layers = 30,
                                 .num_attention_heads = 9,
                                 .num_key_value_heads = 3,
                                 .head_dim = 64}) == 2048);
}

TEST_CASE("AdamW, clipping and weight decay equal torch's own optimiser") {
  const train::TrainConfig config{
      .num_epochs = 2, .cases_per_step = 4, .learning_rate = 1e-2, .weight_decay = 0.1, .max_grad_norm = 0.5};
  auto model = test::small_model();
  auto adapter = lora::inject(model, {.rank = 4, .alpha = 8, .seed = 1});
  auto plain = adapter.parameters.clone().set_requires_grad(true);
  torch::optim::AdamW optimizer({plain}, torch::optim::AdamWOptions(1).weight_decay(0.1));
  train::fit(model, adapter, cases(16), config, [&](const train::TrainStep& step) {
    // The adapter's gradients are still there, clipped; the same step is taken on the copy.
    plain.mutable_grad() = adapter.gradients.clone();
    static_cast<torch::optim::AdamWOptions&>(optimizer.param_groups()[0].options()).lr(step.learning_rate);
    optimizer.step();
    CHECK(adapter.gradients.norm().item<double>() <= 0.5 + 1e-5);
    CHECK(test::relative_difference(adapter.parameters, plain) < 1e-6);
  });
}

TEST_CASE("warm-up rises linearly, the cosine falls to its end") {
  const train::TrainConfig config{.learning_rate = 2, .warmup_ratio = 0.1, .final_rate_ratio = 0.25};
  CHECK(train::learning_rate_at(1, 100, config) == doctest::Approx(0.2));
  CHECK(train::learning_rate_at(10, 100, config) == doctest::Approx(2));
  CHECK(train::learning_rate_at(55, 100, config) == doctest::Approx(1.25));
  CHECK(train::learning_rate_at(100, 100, config) == doctest::Approx(0.5));
}

TEST_CASE("what cannot be trained is said") {
  auto model = test::small_model();
  auto adapter = lora::inject(model, {});
  CHECK_THROWS_WITH_AS(train::fit(model, adapter, {}, {}), doctest::Contains("no case"), Error);
  CHECK_THROWS_WITH_AS(train::fit(model, adapter, cases(1), {.learning_rate = -1}), doctest::Contains("learning_rate"),
                       Error);
  const std::vector<std::vector<text::TokenizedPair>> silent = {{{.ids = {1, 2}, .num_prompt_tokens = 2}}};
  CHECK_THROWS_WITH_AS(train::fit(model, adapter, silent, {}), doctest::Contains("supervised"), Error);
  adapter.parameters.fill_(std::nanf(""));
  CHECK_THROWS_WITH_AS(train::fit(model, adapter, cases(1), {}), doctest::Contains("not finite"), Error);
}

TEST_CASE("too little memory for a step is said with what to lower") {
  auto model = test::small_model();
  auto adapter = lora::inject(model, {.rank = 4, .alpha = 8});
  const test::FullMemory full(36'000);
  CHECK_THROWS_WITH_AS(
      train::fit(model, adapter, cases(16), {.max_tokens_per_batch = 200}),
      doctest::Contains("max_tokens_per_batch (200), or load the model with quantization nf4. CUDA out "
                        "of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 39.39 "
                        "GiB of which 1.18 GiB is free."),
      Error);
}
