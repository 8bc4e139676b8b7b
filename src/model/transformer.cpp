#include "radonc/model/transformer.hpp"

#include <fmt/format.h>
#include <torch/torch.h>

#include "radonc/core/error.hpp"
#include "radonc/ops/attention.hpp"
#include "radonc/ops/cross_entropy.hpp"
#include "radonc/ops/rms_norm.hpp"
#include "radonc/ops/rope.hpp"
#include "radonc/ops/swiglu.hpp"

namespace radonc::model {

/// What a pass over a batch may ask for beyond the hidden states.
struct Transformer::Context {
  std::optional<at::Generator> generator;      // dropout
  std::vector<torch::Tensor>* keys = nullptr;  // filled, one [T, kv_heads, d] a layer
  std::vector<torch::Tensor>* values = nullptr;
  torch::Tensor wanted;  // [N] positions of which the last layer's output is needed
};

torch::ScalarType resolve(Dtype dtype) {
  if (dtype == Dtype::kFloat32) return torch::kFloat32;
  if (dtype == Dtype::kBFloat16) return torch::kBFloat16;
#if defined(__x86_64__)
  // Without these instructions bfloat16 matrix products are many times slower than float32 ones.
  return __builtin_cpu_supports("avx512bf16") ? torch::kBFloat16 : torch::kFloat32;
#else
  return torch::kFloat32;
#endif
}

torch::Tensor Linear::operator()(const torch::Tensor& x, const std::optional<at::Generator>& generator) const {
  return ops::lora_linear(x, weight, update, generator);
}

Transformer::Transformer(const TransformerConfig& config,
                         const std::function<torch::Tensor(const std::string&)>& tensor_of, const std::string& where)
    : config_(config) {
  validate(config, where);
  const std::int64_t hidden = config.hidden_size;
  const std::int64_t query = config.num_attention_heads * config.head_dim;
  const std::int64_t key = config.num_key_value_heads * config.head_dim;
  const auto take = [&](const std::string& name, at::IntArrayRef shape) {
    torch::Tensor tensor = tensor_of(name);
    if (tensor.sizes() != shape) {
      std::ostringstream got, expected;
      got << tensor.sizes();
      expected << shape;
      throw Error(fmt::format("{}: tensor {}: expected shape {}, got {}. The configuration and the weights disagree.",
                              where, name, expected.str(), got.str()));
    }
    return tensor;
  };
  const auto linear = [&](const std::string& name, std::int64_t out, std::int64_t in) {
    return Linear{.name = name, .weight = take(name + ".weight", {out, in}), .update = std::nullopt};
  };
  embedding_ = take("model.embed_tokens.weight", {config.vocab_size, hidden});
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) {
    const std::string prefix = fmt::format("model.layers.{}.", i);
    layers_.push_back({.input_norm = take(prefix + "input_layernorm.weight", {hidden}),
                       .q = linear(prefix + "self_attn.q_proj", query, hidden),
                       .k = linear(prefix + "self_attn.k_proj", key, hidden),
                       .v = linear(prefix + "self_attn.v_proj", key, hidden),
                       .o = linear(prefix + "self_attn.o_proj", hidden, query),
                       .post_attention_norm = take(prefix + "post_attention_layernorm.weight", {hidden}),
                       .gate = linear(prefix + "mlp.gate_proj", config.intermediate_size, hidden),
                       .up = linear(prefix + "mlp.up_proj", config.intermediate_size, hidden),
                       .down = linear(prefix + "mlp.down_proj", hidden, config.intermediate_size)});
  }
  final_norm_ = take("model.norm.weight", {hidden});
  head_ = config.tie_word_embeddings ? embedding_ : take("lm_head.weight", {config.vocab_size, hidden});
}

torch::Tensor Transformer::mlp(const Layer& layer, const torch::Tensor& hidden,
                               const std::optional<at::Generator>& generator) const {
  const auto normed = ops::rms_norm(hidden, layer.post_attention_norm, config_.rms_norm_eps);
  const auto active = ops::swiglu(layer.gate(normed, generator), layer.up(normed, generator));
  return hidden + layer.down(active, generator);
}

torch::Tensor Transformer::run(const batch::Batch& batch, Context& context) const {
  const std::int64_t tokens = batch.ids.size(0);
  const std::int64_t d = config_.head_dim;
  const auto [cos, sin] = ops::rope_angles(batch.positions, d, config_.rope_theta);
  std::vector<ops::AttentionSpan> spans;
  for (const batch::Group& group : batch.groups) {
    const bool windowed = config_.sliding_window > 0 && config_.sliding_window < group.length();
    const bool plain = group.branch_begins.empty() && !windowed;
    spans.push_back({group.begin, group.end,
                     plain ? torch::Tensor() : batch::visibility(batch, group, windowed ? config_.sliding_window : 0)});
  }

  auto hidden = embedding_.index_select(0, batch.ids);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    const auto normed = ops::rms_norm(hidden, layer.input_norm, config_.rms_norm_eps);
    const auto heads = [&](const Linear& projection, std::int64_t count) {
      return projection(normed, context.generator).view({tokens, count, d});
    };
    const auto q = ops::rope(heads(layer.q, config_.num_attention_heads), cos, sin);
    const auto k = ops::rope(heads(layer.k, config_.num_key_value_heads), cos, sin);
    const auto v = heads(layer.v, config_.num_key_value_heads);
    if (context.keys != nullptr) {
      context.keys->push_back(k);
      context.values->push_back(v);
    }
    auto attended = ops::packed_attention(q, k, v, spans).view({tokens, config_.num_attention_heads * d});
    if (i + 1 == layers_.size() && context.wanted.defined()) {
      attended = attended.index_select(0, context.wanted);
      hidden = hidden.index_select(0, context.wanted);
    }
    hidden = mlp(layer, hidden + layer.o(attended, context.generator), context.generator);
  }
  return ops::rms_norm(hidden, final_norm_, config_.rms_norm_eps);
}

torch::Tensor Transformer::head(const torch::Tensor& hidden) const {
  return hidden.matmul(head_.t()).to(torch::kFloat32);
}

torch::Tensor Transformer::logits(const batch::Batch& batch) const {
  const torch::NoGradGuard no_gradient;
  Context context;
  return head(run(batch, context));
}

torch::Tensor Transformer::forward(const torch::Tensor& ids) const {
  const auto flat = ids.to(torch::kInt64).flatten().contiguous();
  if (flat.numel() == 0) throw Error("forward: expected at least one token id, got none.");
  const auto low = flat.min().item<std::int64_t>(), high = flat.max().item<std::int64_t>();
  if (low < 0 || high >= config_.vocab_size) {
    throw Error(
        fmt::format("forward: token id {} is outside the vocabulary of {}. The tokenizer does not belong to "
                    "this model.",
                    low < 0 ? low : high, config_.vocab_size));
  }
  batch::Batch batch;
  batch.ids = flat;
  batch.positions = torch::arange(flat.numel(), torch::kInt64);
  batch.groups = {{.begin = 0, .end = flat.numel(), .branch_begins = {}}};
  return logits(batch);
}

torch::Tensor Transformer::loss(const batch::Batch& batch, const std::optional<at::Generator>& generator) const {
  Context context;
  context.generator = generator;
  context.wanted = (batch.labels != batch::kIgnored).nonzero().flatten();
  if (context.wanted.numel() == 0) {
    throw Error("No position of the batch is supervised, so there is no loss. Check that every pair has an answer.");
  }
  return ops::linear_cross_entropy(run(batch, context), head_, batch.labels.index_select(0, context.wanted));
}

torch::Tensor Transformer::prefill(const batch::Batch& batch, const torch::Tensor& positions,
                                   std::vector<torch::Tensor>& keys, std::vector<torch::Tensor>& values) const {
  const torch::NoGradGuard no_gradient;
  Context context;
  context.keys = &keys;
  context.values = &values;
  context.wanted = positions;
  return run(batch, context);
}

torch::Tensor Transformer::decode(const torch::Tensor& ids, const torch::Tensor& lengths, KvCache& cache) const {
  const torch::NoGradGuard no_gradient;
  const std::int64_t sequences = ids.size(0), d = config_.head_dim;
  const std::int64_t longest = lengths.max().item<std::int64_t>() + 1;
  const auto [cos, sin] = ops::rope_angles(lengths, d, config_.rope_theta);
  const auto slot = torch::arange(longest, torch::kInt64).unsqueeze(0);  // [1, longest]
  auto seen = slot <= lengths.unsqueeze(1);                              // [B, longest]
  if (config_.sliding_window > 0) seen &= slot > lengths.unsqueeze(1) - config_.sliding_window;
  const auto row = torch::arange(sequences, torch::kInt64);

  auto hidden = embedding_.index_select(0, ids);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    const auto normed = ops::rms_norm(hidden, layer.input_norm, config_.rms_norm_eps);
    const auto heads = [&](const Linear& projection, std::int64_t count) {
      return projection(normed).view({sequences, count, d});
    };
    const auto q = ops::rope(heads(layer.q, config_.num_attention_heads), cos, sin);
    const auto k = ops::rope(heads(layer.k, config_.num_key_value_heads), cos, sin);
    const auto v = heads(layer.v, config_.num_key_value_heads);
    cache.keys[i].index_put_({row, torch::indexing::Slice(), lengths}, k);
    cache.values[i].index_put_({row, torch::indexing::Slice(), lengths}, v);
    const auto attended =
        ops::cached_attention(q, cache.keys[i].narrow(2, 0, longest), cache.values[i].narrow(2, 0, longest), seen);
    hidden = mlp(layer, hidden + layer.o(attended.view({sequences, -1})), std::nullopt);
  }
  return ops::rms_norm(hidden, final_norm_, config_.rms_norm_eps);
}

std::vector<const Linear*> Transformer::linears() const {
  std::vector<const Linear*> all;
  for (const Layer& layer : layers_) {
    for (const Linear* linear : {&layer.q, &layer.k, &layer.v, &layer.o, &layer.gate, &layer.up, &layer.down})
      all.push_back(linear);
  }
  return all;
}

std::vector<Linear*> Transformer::linears() {
  std::vector<Linear*> all;
  for (const Linear* linear : std::as_const(*this).linears()) all.push_back(const_cast<Linear*>(linear));
  return all;
}

std::int64_t Transformer::num_parameters() const {
  std::int64_t count = embedding_.numel() + final_norm_.numel();
  if (!config_.tie_word_embeddings) count += head_.numel();
  for (const Layer& layer : layers_) count += layer.input_norm.numel() + layer.post_attention_norm.numel();
  for (const Linear* linear : linears()) count += linear->weight.numel();
  return count;
}

}  // namespace radonc::model
