// A random model of the family, small enough for a test.
#pragma once

#include <torch/types.h>
#include <torch/utils.h>

#include <map>
#include <string>

#include "radonc/model/transformer.hpp"

namespace radonc::test {

inline model::TransformerConfig small_config() {
  return {.vocab_size = 211,
          .hidden_size = 48,
          .intermediate_size = 80,
          .num_hidden_layers = 3,
          .num_attention_heads = 6,
          .num_key_value_heads = 2,
          .head_dim = 8,
          .max_position_embeddings = 256,
          .tie_word_embeddings = true};
}

inline model::Transformer small_model(const model::TransformerConfig& c = small_config(), std::uint64_t seed = 11) {
  torch::manual_seed(seed);
  const auto shape = [&](const std::string& name) -> std::vector<std::int64_t> {
    if (name.ends_with("norm.weight")) return {c.hidden_size};
    if (name.ends_with("q_proj.bias")) return {c.num_attention_heads * c.head_dim};
    if (name.ends_with("k_proj.bias") || name.ends_with("v_proj.bias")) return {c.num_key_value_heads * c.head_dim};
    if (name.ends_with("o_proj.bias") || name.ends_with("down_proj.bias")) return {c.hidden_size};
    if (name.ends_with(".bias")) return {c.intermediate_size};
    if (name.ends_with("embed_tokens.weight") || name == "lm_head.weight") return {c.vocab_size, c.hidden_size};
    if (name.find("q_proj") != name.npos) return {c.num_attention_heads * c.head_dim, c.hidden_size};
    if (name.find("o_proj") != name.npos) return {c.hidden_size, c.num_attention_heads * c.head_dim};
    if (name.find("k_proj") != name.npos || name.find("v_proj") != name.npos)
      return {c.num_key_value_heads * c.head_dim, c.hidden_size};
    if (name.find("down_proj") != name.npos) return {c.hidden_size, c.intermediate_size};
    return {c.intermediate_size, c.hidden_size};
  };
  return {c,
          [&](const std::string& name) {
            if (name.ends_with("norm.weight")) return torch::ones(shape(name)) + 0.1 * torch::randn(shape(name));
            return torch::randn(shape(name)) * (name.ends_with("embed_tokens.weight") ? 1.0 : 0.15);
          },
          "a random test model"};
}

/// A model with the values of `source` rounded to float16, stored in `type`.
inline model::Transformer rounded_model(const model::Transformer& source, torch::ScalarType type) {
  std::map<std::string, torch::Tensor> tensors;
  for (const auto& tensor : source.frozen_tensors())
    tensors[tensor.name] = tensor.dense(torch::kFloat16).to(type).contiguous();
  return {source.config(), [&](const std::string& name) { return tensors.at(name); }, "a rounded test model"};
}

}  // namespace radonc::test
