#include "radonc/model/transformer.hpp"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "model/weight_digests.hpp"
#include "radonc/core/cpu_level.hpp"
#include "radonc/core/error.hpp"
#include "radonc/ops/attention.hpp"
#include "radonc/ops/cross_entropy.hpp"
#include "radonc/ops/rms_norm.hpp"
#include "radonc/ops/rope.hpp"
#include "radonc/ops/swiglu.hpp"

namespace radonc::model {

/// What tells the passes through the blocks apart.
struct Transformer::Pass {
  torch::Tensor cos, sin;  // of each token's position
  /// Keeps a layer's keys and values as the pass does, and attends to what each token sees.
  ///   q [T, heads, d]   k, v [T, kv_heads, d]   → [T, heads, d]
  std::function<torch::Tensor(std::size_t layer, const torch::Tensor& q, const torch::Tensor& k,
                              const torch::Tensor& v)>
      attend;
  std::optional<at::Generator> generator;  // dropout
  torch::Tensor wanted;                    // [N] tokens of which the last block's output is needed; undefined: all
};

namespace {

/// Nothing where there will be no backward pass.
ops::Recompute norm_again(const torch::Tensor& hidden, const torch::Tensor& weight, double eps) {
  if (!torch::GradMode::is_enabled()) return {};
  return [x = hidden.detach(), weight, eps] { return ops::rms_norm(x, weight, eps); };
}

}  // namespace

torch::ScalarType resolve(Dtype dtype, const torch::Device& device) {
  if (dtype == Dtype::kFloat32) return torch::kFloat32;
  if (dtype == Dtype::kBFloat16) return torch::kBFloat16;
  if (dtype == Dtype::kFloat16) return torch::kFloat16;
  if (!device.is_cpu()) return torch::kBFloat16;
  // Below that level bfloat16 matrix products are many times slower than float32 ones.
  return core::cpu_level() >= core::CpuLevel::kAvx512Bf16 ? torch::kBFloat16 : torch::kFloat32;
}

std::string dtype_name(torch::ScalarType type) {
  if (type == torch::kFloat32) return "float32";
  if (type == torch::kBFloat16) return "bfloat16";
  if (type == torch::kFloat16) return "float16";
  throw Error(fmt::format("Expected weights in float32, bfloat16 or float16, got {}.", c10::toString(type)));
}

torch::Tensor Linear::operator()(const torch::Tensor& x, const std::optional<at::Generator>& generator,
                                 const ops::Recompute& x_again) const {
  return ops::lora_linear(x, weight, trained_bias.defined() ? trained_bias : bias, update, generator, x_again);
}

Transformer::Transformer(const TransformerConfig& config,
                         const std::function<torch::Tensor(const std::string&)>& tensor_of, const std::string& where,
                         const std::function<ops::FrozenWeight(const std::string&)>& weight_of)
    : config_(config), digests_(std::make_shared<WeightDigests>()) {
  validate(config, where);
  const std::int64_t hidden = config.hidden_size;
  const std::int64_t query = config.num_attention_heads * config.head_dim;
  const std::int64_t key = config.num_key_value_heads * config.head_dim;
  const auto require_shape = [&](const std::string& name, at::IntArrayRef expected, at::IntArrayRef got) {
    if (got == expected) return;
    std::ostringstream text;
    text << expected << ", got " << got;
    throw Error(fmt::format("{}: tensor {}: expected shape {}. The configuration and the weights disagree.", where,
                            name, text.str()));
  };
  const auto take = [&](const std::string& name, at::IntArrayRef shape) {
    torch::Tensor tensor = tensor_of(name);
    require_shape(name, shape, tensor.sizes());
    return tensor;
  };
  const auto take_vector = [&](const std::string& name, std::int64_t size) {
    return take(name, {size}).to(compute_dtype());
  };
  const auto linear = [&](const std::string& name, std::int64_t out, std::int64_t in, bool has_bias) {
    const std::string weight_name = name + ".weight";
    Linear made{.name = name,
                .weight = weight_of ? weight_of(weight_name) : ops::FrozenWeight(take(weight_name, {out, in}))};
    require_shape(weight_name, {out, in}, {made.weight.out_features(), made.weight.in_features()});
    if (has_bias) made.bias = take_vector(name + ".bias", out);
    return made;
  };
  embedding_ = take("model.embed_tokens.weight", {config.vocab_size, hidden});
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) {
    const std::string prefix = fmt::format("model.layers.{}.", i);
    layers_.push_back({.input_norm = take_vector(prefix + "input_layernorm.weight", hidden),
                       .q = linear(prefix + "self_attn.q_proj", query, hidden, config.qkv_bias),
                       .k = linear(prefix + "self_attn.k_proj", key, hidden, config.qkv_bias),
                       .v = linear(prefix + "self_attn.v_proj", key, hidden, config.qkv_bias),
                       .o = linear(prefix + "self_attn.o_proj", hidden, query, config.output_bias),
                       .post_attention_norm = take_vector(prefix + "post_attention_layernorm.weight", hidden),
                       .gate = linear(prefix + "mlp.gate_proj", config.intermediate_size, hidden, config.mlp_bias),
                       .up = linear(prefix + "mlp.up_proj", config.intermediate_size, hidden, config.mlp_bias),
                       .down = linear(prefix + "mlp.down_proj", hidden, config.intermediate_size, config.mlp_bias)});
  }
  final_norm_ = take_vector("model.norm.weight", hidden);
  if (config.rope_scaling.type != ops::RopeScaling::Type::kDynamic)
    frequencies_ = ops::rope_frequencies(config.head_dim, config.rope_theta, config.rope_scaling).to(device());
  head_ = config.tie_word_embeddings ? embedding_ : take("lm_head.weight", {config.vocab_size, hidden});
}

std::pair<torch::Tensor, torch::Tensor> Transformer::angles(const torch::Tensor& positions,
                                                            const std::vector<std::int64_t>& sizes) const {
  const auto& scaling = config_.rope_scaling;
  if (frequencies_.defined()) {
    const bool is_yarn = scaling.type == ops::RopeScaling::Type::kYarn;
    return ops::rope_angles(positions, frequencies_, is_yarn ? scaling.attention_factor : 1);
  }
  std::vector<torch::Tensor> cos, sin;
  for (const torch::Tensor& sequence : positions.split_with_sizes(sizes)) {
    const auto length = sequence.max().item<std::int64_t>() + 1;
    const auto frequencies = ops::rope_frequencies(config_.head_dim, config_.rope_theta, scaling, length);
    const auto [c, s] = ops::rope_angles(sequence, frequencies.to(device()));
    cos.push_back(c);
    sin.push_back(s);
  }
  return {torch::cat(cos), torch::cat(sin)};
}

torch::Tensor Transformer::embed(const torch::Tensor& ids) const {
  const auto& table = trained_embedding_.defined() ? trained_embedding_ : embedding_;
  return table.index_select(0, ids).to(compute_dtype());
}

torch::Tensor Transformer::head_weight() const {
  return trained_head_.defined() ? trained_head_.to(compute_dtype()) : head_;
}

const torch::Tensor& Transformer::frozen_module(const std::string& name) const {
  return name == "lm_head" ? head_ : embedding_;
}

void Transformer::set_frozen_module(const std::string& name, const torch::Tensor& weight) {
  (name == "lm_head" ? head_ : embedding_) = weight;
}

const torch::Tensor& Transformer::trained_module(const std::string& name) const {
  return name == "lm_head" ? trained_head_ : trained_embedding_;
}

void Transformer::replace_module(const std::string& name, const torch::Tensor& weight) {
  (name == "lm_head" ? trained_head_ : trained_embedding_) = weight;
}

torch::Tensor Transformer::mlp(const Layer& layer, const torch::Tensor& hidden,
                               const std::optional<at::Generator>& generator) const {
  const auto normed = ops::rms_norm(hidden, layer.post_attention_norm, config_.rms_norm_eps);
  const auto normed_again = norm_again(hidden, layer.post_attention_norm, config_.rms_norm_eps);
  // In this order, whatever the compiler: they draw from one generator.
  const auto gate = layer.gate(normed, generator, normed_again);
  const auto up = layer.up(normed, generator, normed_again);
  ops::Recompute product_again;
  if (torch::GradMode::is_enabled())
    product_again = [gate = gate.detach(), up = up.detach()] { return ops::swiglu(gate, up); };
  return hidden + layer.down(ops::swiglu(gate, up), generator, product_again);
}

torch::Tensor Transformer::block(std::size_t index, const torch::Tensor& hidden, const Pass& pass) const {
  const Layer& layer = layers_[index];
  const std::int64_t tokens = hidden.size(0), d = config_.head_dim;
  const auto normed = ops::rms_norm(hidden, layer.input_norm, config_.rms_norm_eps);
  const auto normed_again = norm_again(hidden, layer.input_norm, config_.rms_norm_eps);
  const auto heads = [&](const Linear& projection, std::int64_t count) {
    return projection(normed, pass.generator, normed_again).view({tokens, count, d});
  };
  const auto q = ops::rope(heads(layer.q, config_.num_attention_heads), pass.cos, pass.sin);
  const auto k = ops::rope(heads(layer.k, config_.num_key_value_heads), pass.cos, pass.sin);
  const auto v = heads(layer.v, config_.num_key_value_heads);
  auto attended = pass.attend(index, q, k, v).view({tokens, config_.num_attention_heads * d});
  auto stream = hidden;
  if (index + 1 == layers_.size() && pass.wanted.defined()) {
    attended = attended.index_select(0, pass.wanted);
    stream = stream.index_select(0, pass.wanted);
  }
  return mlp(layer, stream + layer.o(attended, pass.generator), pass.generator);
}

torch::Tensor Transformer::through_blocks(torch::Tensor hidden, const Pass& pass) const {
  for (std::size_t i = 0; i < layers_.size(); ++i) hidden = block(i, hidden, pass);
  return ops::rms_norm(hidden, final_norm_, config_.rms_norm_eps);
}

torch::Tensor Transformer::run(const batch::Batch& batch, const torch::Tensor& wanted,
                               const std::optional<at::Generator>& generator, std::vector<torch::Tensor>* keys,
                               std::vector<torch::Tensor>* values) const {
  std::vector<std::int64_t> sizes;  // of sequences that share what they begin with
  for (const ops::AttentionSpan& span : batch.spans) {
    if (sizes.empty() || span.prefix.empty()) sizes.push_back(0);
    sizes.back() += span.end - span.begin;
  }
  const auto [cos, sin] = angles(batch.positions.to(device()), sizes);
  const ops::PackedSpans spans(batch.spans, device());
  const auto attend = [&](std::size_t layer, const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v) {
    if (keys == nullptr) return ops::packed_attention(q, k, v, spans, window_of(layer));
    torch::Tensor &all_keys = keys->at(layer), &all_values = values->at(layer);
    all_keys = batch.num_past > 0 ? torch::cat({all_keys, k}) : k;
    all_values = batch.num_past > 0 ? torch::cat({all_values, v}) : v;
    return ops::packed_attention(q, all_keys, all_values, spans, window_of(layer));
  };
  return through_blocks(embed(batch.ids.to(device())),
                        {.cos = cos, .sin = sin, .attend = attend, .generator = generator, .wanted = wanted});
}

torch::Tensor Transformer::head(const torch::Tensor& hidden) const {
  return ops::FrozenWeight(head_weight()).times_transposed(hidden).to(torch::kFloat32);
}

torch::Tensor Transformer::logits(const batch::Batch& batch) const {
  const torch::NoGradGuard no_gradient;
  return head(run(batch));
}

torch::Tensor Transformer::forward(const torch::Tensor& ids) const {
  const auto flat = ids.to(torch::kCPU, torch::kInt64).flatten().contiguous();
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
  batch.spans = {{.begin = 0, .end = flat.numel(), .prefix = {}}};
  return logits(batch);
}

torch::Tensor Transformer::loss(const batch::Batch& batch, const std::optional<at::Generator>& generator) const {
  const auto wanted = (batch.labels != batch::kIgnored).nonzero().flatten();
  if (wanted.numel() == 0) {
    throw Error("No position of the batch is supervised, so there is no loss. Check that every pair has an answer.");
  }
  const auto labels = batch.labels.index_select(0, wanted).to(device());
  return ops::linear_cross_entropy(run(batch, wanted.to(device()), generator), head_weight(), labels);
}

torch::Tensor Transformer::prefill(const batch::Batch& batch, const torch::Tensor& positions,
                                   std::vector<torch::Tensor>& keys, std::vector<torch::Tensor>& values) const {
  const torch::NoGradGuard no_gradient;
  keys.resize(layers_.size());
  values.resize(layers_.size());
  return run(batch, positions.to(device()), std::nullopt, &keys, &values);
}

torch::Tensor Transformer::decode(const torch::Tensor& new_ids, const torch::Tensor& their_slots,
                                  const torch::Tensor& their_lengths, KvCache& cache) const {
  const torch::NoGradGuard no_gradient;
  const at::AutoDispatchBelowADInplaceOrView below;  // a step has hundreds of operators, few of them large
  const auto ids = new_ids.to(device()), slots = their_slots.to(device()), lengths = their_lengths.to(device());
  const std::vector<std::int64_t> one_each(static_cast<std::size_t>(ids.size(0)), 1);
  const auto [cos, sin] = angles(lengths, one_each);
  const auto attend = [&](std::size_t layer, const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v) {
    ops::append_to_cache(cache.keys[layer], cache.values[layer], k, v, slots, lengths);
    return ops::cached_attention(q, cache.keys[layer], cache.values[layer], slots, lengths, window_of(layer));
  };
  return through_blocks(embed(ids), {.cos = cos, .sin = sin, .attend = attend});
}

}  // namespace radonc::model
