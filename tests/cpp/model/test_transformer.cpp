#include "radonc/model/transformer.hpp"

#include <doctest/doctest.h>
#include <torch/types.h>

#include "radonc/core/error.hpp"
#include "radonc/formats/safetensors.hpp"
#include "radonc/lora/lora.hpp"
#include "support/small_model.hpp"
#include "support/tensors.hpp"
#include "support/trained_parts.hpp"

using namespace radonc;

namespace {

text::TokenizedPair random_pair(const std::vector<text::TokenId>& shared, int own, int answer) {
  text::TokenizedPair pair{.ids = shared, .num_prompt_tokens = 0};
  for (int i = 0; i < own + answer; ++i)
    pair.ids.push_back(static_cast<text::TokenId>(torch::randint(211, {1}, torch::kInt64).item<int>()));
  pair.num_prompt_tokens = shared.size() + static_cast<std::size_t>(own);
  return pair;
}

std::vector<text::TokenId> random_ids(int count) {
  return random_pair({}, count, 0).ids;
}

}  // namespace

TEST_CASE("a packed, prefix-sharing batch gives the loss and gradients of separate sequences") {
  for (const std::int64_t window : {0, 5}) {
    auto config = test::small_config();
    config.sliding_window = window;
    auto model = test::small_model(config);
    auto adapter = lora::inject(model, {.rank = 4, .alpha = 8, .seed = 3});
    adapter.parameters.add_(torch::randn_like(adapter.parameters) * 0.05);  // B is no longer 0

    const auto instruction = random_ids(9);
    auto case1 = instruction, case2 = instruction;
    for (const auto id : random_ids(21)) case1.push_back(id);
    for (const auto id : random_ids(12)) case2.push_back(id);
    const std::vector<text::TokenizedPair> pairs = {random_pair(case1, 4, 3), random_pair(case1, 6, 1),
                                                    random_pair(case1, 5, 2), random_pair(case2, 3, 4),
                                                    random_pair(case2, 2, 2)};
    const auto packed = batch::pack(pairs);
    CHECK(packed.spans[1].prefix.size() == 1);
    CHECK(packed.spans[3].prefix.size() == 1);  // the instruction
    CHECK(packed.spans[4].prefix.size() == 2);
    CHECK(packed.ids.numel() < packed.num_represented);
    adapter.gradients.zero_();
    const auto loss = model.loss(packed);
    loss.backward();
    const auto packed_gradients = adapter.gradients.clone();

    adapter.gradients.zero_();
    double separate = 0;
    for (const auto& pair : pairs) {
      const auto own = model.loss(batch::pack({pair}));
      own.backward();
      separate += own.item<double>();
    }
    CHECK(loss.item<double>() == doctest::Approx(separate).epsilon(1e-6));
    CHECK(packed_gradients.abs().max().item<double>() > 0.01);
    CHECK(test::relative_difference(packed_gradients, adapter.gradients, adapter) < 1e-5);
  }
}

TEST_CASE("prefill and decode give the logits of the whole sequence, with a window to the token") {
  for (const std::int64_t window : {0, 4}) {
    auto config = test::small_config();
    config.sliding_window = window;
    const auto model = test::small_model(config);
    const auto shared = random_ids(10);
    std::vector<text::TokenizedPair> pairs = {random_pair(shared, 3, 0), random_pair(shared, 9, 0)};
    const auto whole0 = model.forward(torch::tensor(pairs[0].ids));
    const auto whole1 = model.forward(torch::tensor(pairs[1].ids));

    // The cache is filled with all but the last two tokens, which are then decoded one by one.
    model::KvCache cache;
    const std::int64_t capacity = 32;
    std::vector<std::int64_t> lengths;
    for (int l = 0; l < 3; ++l) {
      cache.keys.push_back(torch::full({2, 2, capacity, 8}, std::nanf("")));
      cache.values.push_back(torch::zeros({2, 2, capacity, 8}));
      cache.keys.back().nan_to_num_(1e4);  // poison that must stay unseen
    }
    for (int row = 0; row < 2; ++row) {
      auto head = pairs[static_cast<std::size_t>(row)];
      head.ids.resize(head.ids.size() - 2);
      head.num_prompt_tokens = head.ids.size();
      std::vector<torch::Tensor> keys, values;
      const auto length = static_cast<std::int64_t>(head.ids.size());
      const auto hidden = model.prefill(batch::pack({head}), torch::tensor({length - 1}), keys, values);
      CHECK(test::relative_difference(model.head(hidden)[0], (row == 0 ? whole0 : whole1)[length - 1]) < 1e-5);
      for (std::size_t l = 0; l < 3; ++l) {
        cache.keys[l][1 - row].narrow(1, 0, length).copy_(keys[l].transpose(0, 1));
        cache.values[l][1 - row].narrow(1, 0, length).copy_(values[l].transpose(0, 1));
      }
      lengths.push_back(length);
    }
    auto at = torch::tensor(lengths, torch::kInt64);
    const auto slots = torch::tensor({1, 0}, torch::kInt64);
    for (int step = 0; step < 2; ++step) {
      const auto token = [&](int row) {
        return pairs[static_cast<std::size_t>(row)].ids[static_cast<std::size_t>(at[row].item<std::int64_t>())];
      };
      const auto logits =
          model.head(model.decode(torch::tensor({token(0), token(1)}, torch::kInt64), slots, at, cache));
      CHECK(test::relative_difference(logits[0], whole0[at[0].item<std::int64_t>()]) < 1e-5);
      CHECK(test::relative_difference(logits[1], whole1[at[1].item<std::int64_t>()]) < 1e-5);
      at = at + 1;
    }
  }
}

TEST_CASE("decoding past the trained positions under dynamic scaling gives transformers' logits, in any batch") {
  const std::string data = std::string(RADONC_TEST_DATA) + "/model/";
  const formats::SafetensorsFile file(data + "dynamic_cached.safetensors");
  const auto stored = [&](std::size_t i, torch::ScalarType type) {
    const auto& tensor = file.tensors()[i];
    return torch::from_blob(const_cast<std::byte*>(tensor.bytes.data()), tensor.shape, type).clone();
  };
  const auto ids = stored(0, torch::kInt64), expected = stored(1, torch::kFloat32);
  const auto model = model::Transformer::load(data + "tiny_llama_dynamic", {.dtype = model::Dtype::kFloat32});
  const auto worst = [](const torch::Tensor& a, const torch::Tensor& b) { return (a - b).abs().max().item<double>(); };
  CHECK(worst(model.forward(ids), expected) > 0.1);  // the keys in the cache keep the rotation they were written with

  // Beside the golden's sequence the batch holds one that is longer from the start.
  model::KvCache cache;
  const std::vector<std::int64_t> prefilled = {12, 20};
  for (int l = 0; l < 2; ++l) {
    cache.keys.push_back(torch::zeros({2, 2, 48, 8}));
    cache.values.push_back(torch::zeros({2, 2, 48, 8}));
  }
  for (std::int64_t row = 0; row < 2; ++row) {
    const auto length = prefilled[static_cast<std::size_t>(row)];
    const auto* first = ids.const_data_ptr<std::int64_t>();
    const text::TokenizedPair pair{.ids = {first, first + length},
                                   .num_prompt_tokens = static_cast<std::size_t>(length)};
    std::vector<torch::Tensor> keys, values;
    const auto hidden = model.prefill(batch::pack({pair}), torch::arange(length), keys, values);
    if (row == 0) CHECK(worst(model.head(hidden), expected.slice(0, 0, length)) < 2e-5);
    for (std::size_t l = 0; l < 2; ++l) {
      cache.keys[l][row].narrow(1, 0, length).copy_(keys[l].transpose(0, 1));
      cache.values[l][row].narrow(1, 0, length).copy_(values[l].transpose(0, 1));
    }
  }
  auto at = torch::tensor(prefilled, torch::kInt64);
  double largest = 0;
  for (std::int64_t t = 12; t < ids.size(0); ++t) {
    const auto logits = model.head(model.decode(torch::stack({ids[t], ids[3]}), torch::arange(2), at, cache));
    largest = std::max(largest, worst(logits[0], expected[t]));
    at = at + 1;
  }
  CHECK(largest < 2e-5);
}

TEST_CASE("a batch behind what was computed before gives what all in one batch give") {
  for (const std::int64_t window : {0, 6}) {
    auto config = test::small_config();
    config.sliding_window = window;
    const auto model = test::small_model(config);
    const auto instruction = random_ids(9);
    auto details = instruction;
    for (const auto id : random_ids(11)) details.push_back(id);
    const std::vector<text::TokenizedPair> pairs = {random_pair(details, 5, 0), random_pair(details, 3, 0),
                                                    random_pair(instruction, 6, 0)};
    std::vector<torch::Tensor> keys, values;
    const auto first = batch::pack({pairs[0]}), rest = batch::pack({pairs[1], pairs[2]}, pairs[0]);
    CHECK(rest.num_past == 20);
    const auto last = model.prefill(first, torch::tensor({24}), keys, values);
    const auto alone = model.forward(torch::tensor(pairs[0].ids));
    CHECK(test::relative_difference(model.head(last)[0], alone[24]) < 1e-5);
    for (auto* side : {&keys, &values})
      for (auto& packed : *side) packed = packed.slice(0, 0, rest.num_past);
    const auto hidden = model.prefill(rest, torch::tensor({2, 8}), keys, values);
    for (int i = 0; i < 2; ++i) {
      const auto& ids = pairs[static_cast<std::size_t>(i + 1)].ids;
      const auto whole = model.forward(torch::tensor(ids));
      CHECK(test::relative_difference(model.head(hidden)[i], whole[static_cast<std::int64_t>(ids.size()) - 1]) < 1e-5);
    }
  }
}

TEST_CASE("under dynamic scaling a sequence's logits do not depend on a longer one beside it") {
  auto config = test::small_config();
  config.rope_scaling = {.type = ops::RopeScaling::Type::kDynamic, .factor = 4, .original_max_position_embeddings = 8};
  const auto model = test::small_model(config);
  std::vector<text::TokenizedPair> pairs = {random_pair({1}, 11, 2), random_pair({2}, 30, 2)};
  const auto together = model.logits(batch::pack(pairs));
  CHECK(test::relative_difference(together.slice(0, 0, 14), model.forward(torch::tensor(pairs[0].ids))) < 1e-5);
  CHECK(test::relative_difference(together.slice(0, 14), model.forward(torch::tensor(pairs[1].ids))) < 1e-5);
}

TEST_CASE("a window of W sees W keys, itself included") {
  auto config = test::small_config();
  config.sliding_window = 3;
  config.num_hidden_layers = 1;
  const auto model = test::small_model(config);
  auto ids = torch::tensor(random_ids(8));
  const auto before = model.forward(ids)[7].clone();
  ids[4] = (ids[4] + 1) % 211;  // one outside the window of token 7, which sees 5, 6, 7
  CHECK(test::relative_difference(model.forward(ids)[7], before) == 0);
  ids[5] = (ids[5] + 1) % 211;
  CHECK(test::relative_difference(model.forward(ids)[7], before) > 1e-6);
}

TEST_CASE("float16 weights give what their values give in float32: logits, losses, gradients, decoding") {
  for (const bool tied : {true, false}) {
    auto config = test::small_config();
    config.tie_word_embeddings = tied;
    config.qkv_bias = config.mlp_bias = true;
    const auto source = test::small_model(config);
    auto half = test::rounded_model(source, torch::kFloat16), wide = test::rounded_model(source, torch::kFloat32);
    CHECK((half.dtype() == torch::kFloat16));
    CHECK((half.compute_dtype() == torch::kFloat32));
    CHECK((wide.compute_dtype() == torch::kFloat32));
    CHECK(half.num_bytes() < 0.53 * static_cast<double>(wide.num_bytes()));  // norms and biases are float32
    CHECK(half.fingerprint() == wide.fingerprint());
    const auto shared = random_ids(20);
    const auto batch = batch::pack({random_pair(shared, 4, 3), random_pair(shared, 2, 5)});
    CHECK(test::relative_difference(half.logits(batch), wide.logits(batch)) < 1e-6);

    for (const bool dora : {false, true}) {
      lora::LoraConfig lora{.rank = 4, .use_dora = dora, .seed = 3};
      if (!tied && !dora) lora.modules_to_save = {"lm_head"};
      const auto gradients = [&](model::Transformer& model) {
        auto adapter = lora::inject(model, lora);
        CHECK((adapter.parameters.scalar_type() == torch::kFloat32));
        adapter.parameters.mul_(1.1).add_(0.01);
        adapter.gradients.zero_();
        const auto loss = model.loss(batch);
        loss.backward();
        return std::pair(loss.item<double>(), adapter);
      };
      const auto [half_loss, half_adapter] = gradients(half);
      const auto [wide_loss, wide_adapter] = gradients(wide);
      CHECK(half_loss == doctest::Approx(wide_loss).epsilon(1e-6));
      CHECK(wide_adapter.gradients.abs().max().item<double>() > 0.01);
      CHECK(test::relative_difference(half_adapter.gradients, wide_adapter.gradients, wide_adapter) < 1e-5);
    }
  }
}

TEST_CASE("a fingerprint is of every value of every frozen tensor") {
  auto config = test::small_config();
  config.tie_word_embeddings = false;
  config.qkv_bias = true;
  auto model = test::small_model(config);
  const std::string before = model.fingerprint();
  CHECK(before == test::small_model(config).fingerprint());
  for (const auto& tensor : model.frozen_tensors()) {
    const auto values = (tensor.vector.defined() ? tensor.vector : tensor.matrix.storage()).flatten();
    for (const std::int64_t i : {std::int64_t{0}, values.numel() - 1}) {
      CAPTURE(tensor.name);
      const auto old = values[i].clone();
      values[i] += 0.5;
      CHECK(model.fingerprint() != before);
      values[i] = old;
    }
  }
  CHECK(model.fingerprint() == before);
  for (const char* name : {"lm_head", "embed_tokens"}) {
    const auto old = model.frozen_module(name);
    model.set_frozen_module(name, old + 1);
    CHECK(model.fingerprint() != before);
    model.set_frozen_module(name, old);
    CHECK(model.fingerprint() == before);
  }
}

TEST_CASE("the automatic type is bfloat16 on a GPU") {
  CHECK((model::resolve(model::Dtype::kAuto, torch::Device("cuda")) == torch::kBFloat16));
  CHECK((model::resolve(model::Dtype::kFloat32, torch::Device("cuda")) == torch::kFloat32));
}

TEST_CASE("bad input is named") {
  const auto model = test::small_model();
  CHECK_THROWS_WITH_AS(model.forward(torch::tensor({1, 211})), doctest::Contains("211"), Error);
  CHECK_THROWS_AS(model.forward(torch::empty({0}, torch::kInt64)), Error);
  CHECK_THROWS_WITH_AS(model.loss(batch::pack({text::TokenizedPair{.ids = {1, 2, 3}, .num_prompt_tokens = 3}})),
                       doctest::Contains("supervised"), Error);
  auto config = test::small_config();
  config.num_key_value_heads = 4;
  CHECK_THROWS_WITH_AS(test::small_model(config), doctest::Contains("num_key_value_heads"), Error);
  CHECK_THROWS_WITH_AS(model::Transformer(
                           test::small_config(),
                           [](const auto&) {
                             return torch::ones({2, 2});
                           },
                           "file.gguf"),
                       doctest::Contains("file.gguf: tensor model.embed_tokens.weight"), Error);
}
