#include "radonc/generate/generator.hpp"

#include <doctest/doctest.h>
#include <torch/types.h>

#include "radonc/core/error.hpp"
#include "support/cpu_recorder.hpp"
#include "support/full_memory.hpp"
#include "support/small_model.hpp"

// Decoding against the real model is in tests/python/test_generate.py; here the paths that need no real model.
using namespace radonc;

namespace {

std::shared_ptr<const text::Tokenizer> tokenizer() {
  return text::Tokenizer::load(RADONC_TEST_DATA "/text/tokenizer.json");
}

model::Transformer model_for(const text::Tokenizer& tokenizer) {
  auto config = test::small_config();
  config.vocab_size = tokenizer.vocab_size();
  return test::small_model(config);
}

}  // namespace

TEST_CASE("answers do not depend on the batch they are decoded in") {
  const auto text = tokenizer();
  const auto model = model_for(*text);
  std::vector<generate::Prompt> prompts;
  for (int i = 0; i < 7; ++i)
    prompts.push_back({"Answer.", "Site: brain\nAge: 5" + std::to_string(i) + "\nTask " + std::to_string(i % 3)});
  const auto run = [&](std::int64_t batch_size) {
    std::vector<std::vector<text::TokenId>> ids;
    for (const auto& g : generate::generate(model, *text, text::PromptTemplate::kChatMl, prompts,
                                            {.max_new_tokens = 6, .batch_size = batch_size}))
      ids.push_back(g.ids);
    return ids;
  };
  CHECK(run(7) == run(1));
  CHECK(run(3) == run(1));
}

TEST_CASE("a device that records steps of decoding gives the same answers, with a recording for few sizes of a batch") {
  const auto text = tokenizer();
  auto config = test::small_config();
  config.vocab_size = text->vocab_size();
  std::vector<generate::Prompt> prompts;
  for (int i = 0; i < 13; ++i) prompts.push_back({"Answer.", "Site: brain\nAge: 5" + std::to_string(i)});
  const auto run = [&](const model::Transformer& model) {
    std::vector<std::pair<std::vector<text::TokenId>, double>> all;
    for (const auto& g : generate::generate(model, *text, text::PromptTemplate::kChatMl, prompts,
                                            {.max_new_tokens = 9, .batch_size = 6}))
      all.emplace_back(g.ids, g.log_probability);
    return all;
  };
  const auto model = test::small_model(config);
  const auto expected = run(model);
  config.rope_scaling = {.type = ops::RopeScaling::Type::kDynamic, .factor = 2, .original_max_position_embeddings = 16};
  const auto dynamic = test::small_model(config);
  const auto expected_dynamic = run(dynamic);

  test::CpuRecorder recorder;
  CHECK(run(model) == expected);
  CHECK(recorder.recordings >= 1);
  CHECK(recorder.recordings <= 4);  // of 6 sequences, and of 1, 2 and 4
  CHECK(recorder.replays >= 16);
  const int before = recorder.recordings;
  CHECK(run(dynamic) == expected_dynamic);  // its angles have to be known on the host
  CHECK(recorder.recordings == before);
}

TEST_CASE("float16 weights answer as their values do in float32") {
  const auto text = tokenizer();
  const auto source = model_for(*text);
  const auto answer = [&](torch::ScalarType type) {
    return generate::generate(test::rounded_model(source, type), *text, text::PromptTemplate::kChatMl,
                              {{"Answer.", "Site: brain"}, {"", "Age: 61"}}, {.max_new_tokens = 12});
  };
  const auto half = answer(torch::kFloat16), wide = answer(torch::kFloat32);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(half[i].ids == wide[i].ids);
    CHECK(half[i].log_probability == doctest::Approx(wide[i].log_probability).epsilon(1e-5));
  }
}

TEST_CASE("bad settings and a foreign tokenizer are named") {
  const auto text = tokenizer();
  const auto model = model_for(*text);
  CHECK_THROWS_WITH_AS(generate::generate(model, *text, text::PromptTemplate::kPlain, {}, {.max_new_tokens = 0}),
                       doctest::Contains("max_new_tokens"), Error);
  CHECK_THROWS_WITH_AS(generate::require_matching_vocabulary(test::small_model(), *text), doctest::Contains("211"),
                       Error);
}

TEST_CASE("too little memory for the answers is said with what to lower") {
  const auto text = tokenizer();
  const auto model = model_for(*text);
  const test::FullMemory full(1 << 11);
  CHECK_THROWS_WITH_AS(generate::generate(model, *text, text::PromptTemplate::kChatMl, {{"Answer.", "Site: brain"}}),
                       doctest::Contains("Lower GenerateConfig.batch_size"), Error);
}
