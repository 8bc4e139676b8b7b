#include "radonc/model/transformer.hpp"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

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
  std::vector<torch::Tensor>* keys = nullptr;  // one [P + T, kv_heads, d] a layer, filled behind the past's
  std::vector<torch::Tensor>* values = nullptr;
  torch::Tensor wanted;  // [N] positions of which the last layer's output is needed
};

namespace {

ops::Recompute norm_again(const torch::Tensor& hidden, const torch::Tensor& weight, double eps) {
  return [x = hidden.detach(), weight, eps] { return ops::rms_norm(x, weight, eps); };
}

}  // namespace

torch::ScalarType resolve(Dtype dtype, const torch::Device& device) {
  if (dtype == Dtype::kFloat32) return torch::kFloat32;
  if (dtype == Dtype::kBFloat16) return torch::kBFloat16;
  if (dtype == Dtype::kFloat16) return torch::kFloat16;
  if (!device.is_cpu()) return torch::kBFloat16;
#if defined(__x86_64__)
  // Without these instructions bfloat16 matrix products are many times slower than float32 ones.
  return __builtin_cpu_supports("avx512bf16") ? torch::kBFloat16 : torch::kFloat32;
#else
  return torch::kFloat32;
#endif
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
    : config_(config) {
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
  const auto product_again = [gate = gate.detach(), up = up.detach()] { return ops::swiglu(gate, up); };
  return hidden + layer.down(ops::swiglu(gate, up), generator, product_again);
}

torch::Tensor Transformer::run(const batch::Batch& batch, Context& context) const {
  const std::int64_t tokens = batch.ids.size(0);
  const std::int64_t d = config_.head_dim;
  std::vector<std::int64_t> sizes;  // of sequences that share what they begin with
  for (const ops::AttentionSpan& span : batch.spans) {
    if (sizes.empty() || span.prefix.empty()) sizes.push_back(0);
    sizes.back() += span.end - span.begin;
  }
  const auto [cos, sin] = angles(batch.positions.to(device()), sizes);
  const ops::PackedSpans spans(batch.spans, device());
  auto hidden = embed(batch.ids.to(device()));
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    const auto normed = ops::rms_norm(hidden, layer.input_norm, config_.rms_norm_eps);
    const auto normed_again = norm_again(hidden, layer.input_norm, config_.rms_norm_eps);
    const auto heads = [&](const Linear& projection, std::int64_t count) {
      return projection(normed, context.generator, normed_again).view({tokens, count, d});
    };
    const auto q = ops::rope(heads(layer.q, config_.num_attention_heads), cos, sin);
    auto k = ops::rope(heads(layer.k, config_.num_key_value_heads), cos, sin);
    auto v = heads(layer.v, config_.num_key_value_heads);
    if (batch.num_past > 0) {  // of a prefill
      k = torch::cat({context.keys->at(i), k});
      v = torch::cat({context.values->at(i), v});
    }
    if (context.keys != nullptr) {
      context.keys->at(i) = k;
      context.values->at(i) = v;
    }
    auto attended = ops::packed_attention(q, k, v, spans, has_window(i) ? config_.sliding_window : 0)
                        .view({tokens, config_.num_attention_heads * d});
    if (i + 1 == layers_.size() && context.wanted.defined()) {
      attended = attended.index_select(0, context.wanted);
      hidden = hidden.index_select(0, context.wanted);
    }
    hidden = mlp(layer, hidden + layer.o(attended, context.generator), context.generator);
  }
  return ops::rms_norm(hidden, final_norm_, config_.rms_norm_eps);
}

torch::Tensor Transformer::head(const torch::Tensor& hidden) const {
  return ops::FrozenWeight(head_weight()).times_transposed(hidden).to(torch::kFloat32);
}

torch::Tensor Transformer::logits(const batch::Batch& batch) const {
  const torch::NoGradGuard no_gradient;
  Context context;
  return head(run(batch, context));
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
  Context context;
  context.generator = generator;
  const auto wanted = (batch.labels != batch::kIgnored).nonzero().flatten();
  if (wanted.numel() == 0) {
    throw Error("No position of the batch is supervised, so there is no loss. Check that every pair has an answer.");
  }
  const auto labels = batch.labels.index_select(0, wanted).to(device());
  context.wanted = wanted.to(device());
  return ops::linear_cross_entropy(run(batch, context), head_weight(), labels);
}

torch::Tensor Transformer::prefill(const batch::Batch& batch, const torch::Tensor& positions,
                                   std::vector<torch::Tensor>& keys, std::vector<torch::Tensor>& values) const {
  const torch::NoGradGuard no_gradient;
  keys.resize(layers_.size());
  values.resize(layers_.size());
  Context context;
  context.keys = &keys;
  context.values = &values;
  context.wanted = positions.to(device());
  return run(batch, context);
}

torch::Tensor Transformer::decode(const torch::Tensor& new_ids, const torch::Tensor& their_slots,
                                  const torch::Tensor& their_lengths, KvCache& cache) const {
  const torch::NoGradGuard no_gradient;
  const at::AutoDispatchBelowADInplaceOrView below;  // a step has hundreds of operators, few of them large
  const auto ids = new_ids.to(device()), slots = their_slots.to(device()), lengths = their_lengths.to(device());
  const std::int64_t sequences = ids.size(0), d = config_.head_dim;
  const std::vector<std::int64_t> one_each(static_cast<std::size_t>(sequences), 1);
  const auto [cos, sin] = angles(lengths, one_each);

  auto hidden = embed(ids);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    const auto normed = ops::rms_norm(hidden, layer.input_norm, config_.rms_norm_eps);
    const auto heads = [&](const Linear& projection, std::int64_t count) {
      return projection(normed).view({sequences, count, d});
    };
    const auto q = ops::rope(heads(layer.q, config_.num_attention_heads), cos, sin);
    const auto k = ops::rope(heads(layer.k, config_.num_key_value_heads), cos, sin);
    const auto v = heads(layer.v, config_.num_key_value_heads);
    ops::append_to_cache(cache.keys[i], cache.values[i], k, v, slots, lengths);
    const auto attended = ops::cached_attention(q, cache.keys[i], cache.values[i], slots, lengths,
                                                has_window(i) ? config_.sliding_window : 0);
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

std::vector<FrozenTensor> Transformer::frozen_tensors() const {
  std::vector<FrozenTensor> all;
  const auto matrix = [&](const std::string& name, const ops::FrozenWeight& weight) {
    all.push_back({.name = name, .matrix = weight});
  };
  const auto vector = [&](const std::string& name, const torch::Tensor& values) {
    all.push_back({.name = name, .vector = values});
  };
  matrix("model.embed_tokens.weight", embedding_);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    const std::string prefix = fmt::format("model.layers.{}.", i);
    vector(prefix + "input_layernorm.weight", layer.input_norm);
    for (const Linear* linear : {&layer.q, &layer.k, &layer.v, &layer.o, &layer.gate, &layer.up, &layer.down}) {
      matrix(linear->name + ".weight", linear->weight);
      if (linear->bias.defined()) vector(linear->name + ".bias", linear->bias);
    }
    vector(prefix + "post_attention_layernorm.weight", layer.post_attention_norm);
  }
  vector("model.norm.weight", final_norm_);
  if (!config_.tie_word_embeddings) matrix("lm_head.weight", head_);
  return all;
}

std::string Transformer::fingerprint() const {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const FrozenTensor& tensor : frozen_tensors()) {
    if (!tensor.name.ends_with("norm.weight")) continue;
    const auto values = tensor.vector.to(torch::kCPU, torch::kBFloat16).contiguous();
    const auto* bytes = static_cast<const unsigned char*>(values.const_data_ptr());
    for (std::size_t i = 0; i < values.nbytes(); ++i) hash = (hash ^ bytes[i]) * 0x100000001b3;
  }
  return fmt::format("{:016x}", hash);
}

bool Transformer::has_adapter() const {
  bool any = trained_embedding_.defined() || trained_head_.defined();
  for (const Linear* linear : linears()) any |= linear->update.has_value() || linear->trained_bias.defined();
  return any;
}

std::int64_t Transformer::num_bytes() const {
  std::int64_t bytes = 0;
  for (const FrozenTensor& tensor : frozen_tensors())
    bytes += tensor.vector.defined() ? static_cast<std::int64_t>(tensor.vector.nbytes()) : tensor.matrix.num_bytes();
  return bytes;
}

std::int64_t Transformer::num_parameters() const {
  std::int64_t count = 0;
  for (const FrozenTensor& tensor : frozen_tensors())
    count += tensor.vector.defined() ? tensor.vector.numel() : tensor.matrix.numel();
  return count;
}

}  // namespace radonc::model
