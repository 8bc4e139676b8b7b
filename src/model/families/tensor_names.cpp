#include "model/families/tensor_names.hpp"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <iterator>

namespace radonc::model {
namespace {

constexpr std::string_view kLayers = "model.layers.";

/// Without ".weight" or ".bias"; of a block, what stands behind its number.
struct TensorNames {
  std::string_view hugging_face;
  std::string_view meta;
  std::string_view gguf;
  std::int64_t shard_dimension;  // of Meta's weights
};

constexpr TensorNames kOutside[] = {
    {"model.embed_tokens", "tok_embeddings", "token_embd", 1},
    {"model.norm", "norm", "output_norm", -1},
    {"lm_head", "output", "output", 0},
};

constexpr TensorNames kInside[] = {
    {"input_layernorm", "attention_norm", "attn_norm", -1}, {"self_attn.q_proj", "attention.wq", "attn_q", 0},
    {"self_attn.k_proj", "attention.wk", "attn_k", 0},      {"self_attn.v_proj", "attention.wv", "attn_v", 0},
    {"self_attn.o_proj", "attention.wo", "attn_output", 1}, {"post_attention_layernorm", "ffn_norm", "ffn_norm", -1},
    {"mlp.gate_proj", "feed_forward.w1", "ffn_gate", 0},    {"mlp.up_proj", "feed_forward.w3", "ffn_up", 0},
    {"mlp.down_proj", "feed_forward.w2", "ffn_down", 1},
};

struct Place {
  const TensorNames* names;
  std::string_view layer;   // "3"; empty outside the blocks
  std::string_view suffix;  // ".weight", ".bias"
};

Place place_of(const std::string& name) {
  std::string_view stem = name;
  const std::string_view suffix = stem.substr(stem.rfind('.'));
  stem.remove_suffix(suffix.size());
  const auto find = [&](const auto& table) {
    const auto* found = std::ranges::find(table, stem, &TensorNames::hugging_face);
    TORCH_INTERNAL_ASSERT(found != std::end(table), "no tensor of the family: ", name);
    return found;
  };
  if (!stem.starts_with(kLayers)) return {.names = find(kOutside), .layer = {}, .suffix = suffix};
  stem.remove_prefix(kLayers.size());
  const std::string_view layer = stem.substr(0, stem.find('.'));
  stem.remove_prefix(layer.size() + 1);
  return {.names = find(kInside), .layer = layer, .suffix = suffix};
}

/// Of queries and keys; 0 for other tensors.
std::int64_t heads_of(const std::string& name, const TransformerConfig& config) {
  if (name.find("q_proj.") != name.npos) return config.num_attention_heads;
  return name.find("k_proj.") != name.npos ? config.num_key_value_heads : 0;
}

torch::Tensor reordered(const torch::Tensor& weight, std::int64_t heads, bool to_pairs) {
  if (heads == 0 || weight.dim() == 0 || weight.size(0) % (heads * 2) != 0) return weight;  // checked by shape
  const std::int64_t half = weight.size(0) / heads / 2;
  const auto of_heads = to_pairs ? weight.view({heads, 2, half, -1}) : weight.view({heads, half, 2, -1});
  return of_heads.transpose(1, 2).reshape(weight.sizes());
}

}  // namespace

std::string name_in(Layout layout, const std::string& name) {
  const Place place = place_of(name);
  const std::string_view own = layout == Layout::kMeta ? place.names->meta : place.names->gguf;
  if (place.layer.empty()) return fmt::format("{}{}", own, place.suffix);
  return fmt::format("{}.{}.{}{}", layout == Layout::kMeta ? "layers" : "blk", place.layer, own, place.suffix);
}

std::int64_t shard_dimension(const std::string& name) {
  return place_of(name).names->shard_dimension;
}

torch::Tensor with_paired_rows(const std::string& name, const torch::Tensor& weight, const TransformerConfig& config) {
  return reordered(weight, heads_of(name, config), /*to_pairs=*/true);
}

torch::Tensor with_split_rows(const std::string& name, const torch::Tensor& weight, const TransformerConfig& config) {
  return reordered(weight, heads_of(name, config), /*to_pairs=*/false);
}

}  // namespace radonc::model
