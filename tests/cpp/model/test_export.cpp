#include <doctest/doctest.h>
#include <torch/types.h>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/formats/gguf.hpp"
#include "radonc/lora/adapter_io.hpp"
#include "radonc/lora/merge.hpp"
#include "radonc/model/checkpoint.hpp"
#include "radonc/model/export.hpp"
#include "support/small_model.hpp"
#include "support/temporary_folder.hpp"
#include "support/tensors.hpp"
#include "support/tokenizer_corpus.hpp"

using namespace radonc;
using Type = ops::RopeScaling::Type;

namespace {

std::shared_ptr<const text::Tokenizer> tokenizer(const std::string& file) {
  return text::Tokenizer::load(std::string(RADONC_TEST_DATA) + "/text/" + file);
}

model::TransformerConfig config_for(const text::Tokenizer& tokenizer) {
  auto config = test::small_config();
  config.hidden_size = 64;  // rows fill whole blocks of Q8_0
  config.intermediate_size = 96;
  config.num_attention_heads = 8;
  config.vocab_size = tokenizer.vocab_size() + 3;
  return config;
}

}  // namespace

TEST_CASE("a model exported as GGUF is the same model") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "model.gguf";
  const auto bpe = tokenizer("tokenizer.json");
  auto plain = config_for(*bpe);
  auto untied = plain, biased = plain, qwen2 = plain, linear = plain, llama3 = plain, yarn = plain;
  untied.tie_word_embeddings = false;
  biased.qkv_bias = biased.output_bias = biased.mlp_bias = true;
  qwen2.architecture = "qwen2";
  qwen2.qkv_bias = true;
  linear.rope_scaling = {.type = Type::kLinear, .factor = 4};
  llama3.rope_scaling = {.type = Type::kLlama3, .factor = 8, .original_max_position_embeddings = 32};
  yarn.rope_scaling = {.type = Type::kYarn,
                       .factor = 4,
                       .original_max_position_embeddings = 64,
                       .attention_factor = 0.1 * std::log(4.0) + 1};
  for (const auto& config : {plain, untied, biased, qwen2, linear, llama3, yarn}) {
    const auto model = test::small_model(config);
    const auto ids = torch::arange(60);
    const auto expected = model.forward(ids);
    model::export_gguf(model, *bpe, file, model::GgufPrecision::kF16);
    CHECK(test::relative_difference(model::Transformer::load(file, {.dtype = model::Dtype::kFloat32}).forward(ids),
                                    expected) < 5e-3);
    model::export_gguf(model, *bpe, file);
    CHECK(test::relative_difference(model::Transformer::load(file, {.dtype = model::Dtype::kFloat32}).forward(ids),
                                    expected) < 5e-2);
  }
}

TEST_CASE("the tokenizer inside an exported file gives the same ids") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "model.gguf";
  const auto bpe = tokenizer("tokenizer.json");
  model::export_gguf(test::small_model(config_for(*bpe)), *bpe, file, model::GgufPrecision::kQ8_0, "small");
  const auto again = text::Tokenizer::load(file);
  for (const char* text : {"Brain, 200 cGy x 30", "Größe 5 µm\n\n  naïve", "<|im_start|>", ""})
    CHECK(again->encode(text) == bpe->encode(text));
  CHECK(again->bos() == bpe->bos());
  CHECK(again->eos() == bpe->eos());
  CHECK(again->vocab_size() == bpe->vocab_size() + 3);

  const auto pieces = tokenizer("tokenizer.model");
  model::export_gguf(test::small_model(config_for(*pieces)), *pieces, file);
  const formats::GgufFile written(file);
  CHECK(written.string("tokenizer.ggml.model") == "llama");
  CHECK(written.strings("tokenizer.ggml.tokens")->size() == static_cast<std::size_t>(pieces->vocab_size() + 3));
  CHECK(written.numbers("tokenizer.ggml.scores")->size() == static_cast<std::size_t>(pieces->vocab_size() + 3));
  CHECK(written.unsigned_integer("tokenizer.ggml.bos_token_id") == static_cast<std::uint64_t>(*pieces->bos()));

  // Mistral's own tokenizers, out of the file again: llama.cpp's way to keep a SentencePiece model.
  for (const char* name : {"mistral/tokenizer.model.v1", "mistral/tokenizer.model.v3", "tokenizer.model"}) {
    const auto own = tokenizer(name);
    auto config = config_for(*own);
    config.num_hidden_layers = 1;
    model::export_gguf(test::small_model(config), *own, file);
    const auto read_back = text::Tokenizer::load(file);
    CHECK(read_back->bos() == own->bos());
    CHECK(read_back->eos() == own->eos());
    CHECK(read_back->adds_bos() == own->adds_bos());
    for (const std::string& line : test::corpus()) REQUIRE(read_back->encode(line) == own->encode(line));
    const auto ids = own->encode("Brain, 200 cGy x 30");
    CHECK(read_back->decode(ids) == own->decode(ids));
  }
}

TEST_CASE("what GGUF cannot hold is refused, and nothing is left") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "model.gguf";
  const auto bpe = tokenizer("tokenizer.json");
  auto windowed = config_for(*bpe), dynamic = windowed, small = windowed;
  windowed.sliding_window = 16;
  dynamic.rope_scaling = {.type = Type::kDynamic, .factor = 2, .original_max_position_embeddings = 64};
  small.vocab_size = 100;
  for (const auto& [config, message] :
       {std::pair(windowed, "sliding window"), std::pair(dynamic, "Dynamic"), std::pair(small, "do not belong")}) {
    CHECK_THROWS_WITH_AS(model::export_gguf(test::small_model(config), *bpe, file), doctest::Contains(message), Error);
    CHECK_FALSE(std::filesystem::exists(file));
  }
  auto model = test::small_model(config_for(*bpe));
  model.linears()[3]->weight = torch::full({64, 64}, 1e6F);
  CHECK_THROWS_WITH_AS(model::export_gguf(model, *bpe, file, model::GgufPrecision::kF16), doctest::Contains("o_proj"),
                       Error);
  CHECK_FALSE(std::filesystem::exists(file));
}

TEST_CASE("a GGUF adapter holds the update in llama.cpp's order and scale") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "adapter.gguf";
  auto model = test::small_model();
  const auto adapter = lora::inject(model, {.rank = 4,
                                            .alpha = 6,
                                            .target_modules = {"q_proj", "up_proj"},
                                            .alpha_pattern = {{"up_proj", 2.0}},
                                            .use_rslora = true});
  adapter.parameters.detach().add_(torch::randn_like(adapter.parameters) * 0.1);
  lora::export_gguf_adapter(adapter, model.config(), file);
  const formats::GgufFile written(file);
  CHECK(written.string("general.type") == "adapter");
  CHECK(written.string("adapter.type") == "lora");
  const double alpha = written.number("adapter.lora.alpha").value();
  const auto read = [&](const std::string& name) {
    const auto& tensor = written.tensor(name);
    auto values = torch::empty(tensor.shape);
    formats::dequantize_rows(tensor, 0, tensor.shape[0],
                             {values.data_ptr<float>(), static_cast<std::size_t>(values.numel())});
    return values;
  };
  // What llama.cpp adds to its weight, whose rows of queries stand in pairs.
  const auto update = [&](const std::string& name) {
    return alpha / 4 * read(name + ".lora_b").mm(read(name + ".lora_a"));
  };
  for (std::size_t i = 0; i < adapter.modules.size(); ++i) {
    const bool is_query = adapter.modules[i].ends_with("q_proj");
    const auto zero = torch::zeros({adapter.updates[i].b.size(0), adapter.updates[i].a.size(1)});
    auto expected = adapter.updates[i].apply_to(zero);
    if (is_query) expected = expected.view({6, 2, 4, 48}).transpose(1, 2).reshape({48, 48});
    CHECK(test::relative_difference(
              update("blk." + std::to_string(i / 2) + (is_query ? ".attn_q.weight" : ".ffn_up.weight")), expected) <
          1e-6);
  }
  const auto dora = lora::inject(model, {.rank = 2, .use_dora = true});
  CHECK_THROWS_WITH_AS(lora::export_gguf_adapter(dora, model.config(), folder.path() / "dora.gguf"),
                       doctest::Contains("DoRA"), Error);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "dora.gguf"));
}

TEST_CASE("a model exported as a Hugging Face folder is the same model, in one file or in shards") {
  auto config = test::small_config();
  config.tie_word_embeddings = false;
  config.rope_scaling = {
      .type = Type::kYarn, .factor = 2, .original_max_position_embeddings = 64, .attention_factor = 1.2};
  for (const auto& [family, qkv, output, window] :
       {std::tuple("llama", false, false, 0), std::tuple("llama", true, true, 0), std::tuple("qwen2", true, false, 0),
        std::tuple("qwen2", true, false, 9), std::tuple("mistral", false, false, 9),
        std::tuple("mistral", false, false, 0)}) {
    config.architecture = family;
    config.qkv_bias = qkv;
    config.output_bias = output;
    config.sliding_window = window;
    const auto model = test::small_model(config);
    const auto expected = model.forward(torch::arange(40));
    for (const std::int64_t shard : {1'000'000'000, 30'000}) {
      const test::TemporaryFolder folder;
      model::export_hugging_face(model, folder.path(), {.max_shard_bytes = shard});
      const auto again = model::Transformer::load(folder.path(), {.dtype = model::Dtype::kFloat32});
      CHECK(again.config() == model.config());
      CHECK(torch::equal(again.forward(torch::arange(40)), expected));
    }
  }
}

TEST_CASE("a family that has no words for a model leaves it to one that has, or refuses") {
  const test::TemporaryFolder folder;
  const auto exported = [&](const model::TransformerConfig& config) {
    model::export_hugging_face(test::small_model(config), folder.path());
    return model::Checkpoint::open(folder.path())->config().architecture;
  };
  auto windowed = test::small_config(), biased = windowed, both = windowed, output = windowed;
  windowed.sliding_window = 5;
  biased.qkv_bias = true;
  both.qkv_bias = both.mlp_bias = true;
  output.output_bias = true;
  CHECK(exported(test::small_config()) == "llama");
  CHECK(exported(windowed) == "mistral");
  CHECK(exported(biased) == "qwen2");
  for (const auto& config : {both, output})
    CHECK_THROWS_WITH_AS(exported(config), doctest::Contains("combination of biases"), Error);
}

TEST_CASE("a GGUF file has the family's name, whatever its biases") {
  const test::TemporaryFolder folder;
  const auto bpe = tokenizer("tokenizer.json");
  for (const auto& [family, qkv, expected] : {std::tuple("llama", true, "llama"), std::tuple("mistral", false, "llama"),
                                              std::tuple("qwen2", true, "qwen2")}) {
    auto config = config_for(*bpe);
    config.architecture = family;
    config.qkv_bias = qkv;
    const auto model = test::small_model(config);
    model::export_gguf(model, *bpe, folder.path() / "m.gguf", model::GgufPrecision::kF16);
    CHECK(formats::GgufFile(folder.path() / "m.gguf").string("general.architecture") == expected);
    const auto again = model::Transformer::load(folder.path() / "m.gguf", {.dtype = model::Dtype::kFloat32});
    CHECK(again.config().architecture == expected);
    const auto ids = torch::arange(20);
    CHECK(test::relative_difference(again.forward(ids), model.forward(ids)) < 5e-3);
  }
}

TEST_CASE("an adapter is not lost in an export") {
  const test::TemporaryFolder folder;
  auto model = test::small_model();
  lora::inject(model, {.rank = 2});
  CHECK_THROWS_WITH_AS(model::export_hugging_face(model, folder.path() / "out"), doctest::Contains("adapter"), Error);
  CHECK_THROWS_AS(model::export_gguf(model, *tokenizer("tokenizer.json"), folder.path() / "out.gguf"), Error);
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a float16 model is exported with every bit, and says so") {
  const test::TemporaryFolder folder;
  const std::filesystem::path path = RADONC_TEST_DATA "/model/tiny_qwen2_float16";
  const model::LoadOptions options{.dtype = model::Dtype::kFloat16};
  const auto model = model::Transformer::load(path, options);
  model::export_hugging_face(model, folder.path());
  CHECK(core::read_file(folder.path() / "config.json").find(R"("torch_dtype": "float16")") != std::string::npos);
  const auto again = model::Transformer::load(folder.path(), options);
  CHECK(again.num_bytes() == model.num_bytes());
  CHECK(torch::equal(again.forward(torch::arange(20)), model.forward(torch::arange(20))));
}
