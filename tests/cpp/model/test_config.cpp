#include "radonc/model/config.hpp"

#include <doctest/doctest.h>

#include "radonc/core/error.hpp"

using namespace radonc;

TEST_CASE("the presets are valid, and have the models' published sizes") {
  for (const auto& config :
       {model::llama2_7b(), model::mistral_7b_v01(), model::mistral_7b_v02(), model::mistral_7b_v03()})
    CHECK_NOTHROW(model::validate(config, "preset"));
  CHECK(model::mistral_7b_v01().sliding_window == 4096);
  CHECK(model::mistral_7b_v02().sliding_window == 0);
  CHECK(model::mistral_7b_v03().vocab_size == 32768);
  CHECK(model::llama2_7b().intermediate_size == 11008);
  CHECK(model::llama2_7b().architecture == "llama");
  CHECK(model::mistral_7b_v03().architecture == "mistral");
}

TEST_CASE("an impossible size is named") {
  auto config = model::llama2_7b();
  config.head_dim = 127;
  CHECK_THROWS_WITH_AS(model::validate(config, "x"), doctest::Contains("head_dim"), Error);
  config = model::llama2_7b();
  config.vocab_size = 0;
  CHECK_THROWS_WITH_AS(model::validate(config, "x"), doctest::Contains("vocab_size"), Error);
  config = model::llama2_7b();
  config.architecture = "gpt2";
  CHECK_THROWS_WITH_AS(model::validate(config, "x"),
                       doctest::Contains("expected architecture llama, mistral or qwen2, got \"gpt2\""), Error);
}
