// Names and row orders of llama.cpp's files. Private.
#pragma once

#include <torch/types.h>

#include <string>

#include "radonc/model/config.hpp"

namespace radonc::model {

/// "model.layers.3.mlp.up_proj.weight" → "blk.3.ffn_up.weight"
std::string gguf_name(const std::string& name);

/// "llama", or "qwen2" for models with a bias on queries, keys and values alone.
std::string gguf_architecture(const TransformerConfig& config);

/// Rows of each head from Hugging Face's order (halves) to Meta's (pairs side by side). weight [heads · d, …]
torch::Tensor pair_rows(const torch::Tensor& weight, std::int64_t heads);

/// `weight`, by its name in Hugging Face, with its rows in the order of the file's architecture.
torch::Tensor in_gguf_order(const std::string& name, const torch::Tensor& weight, const TransformerConfig& config);

}  // namespace radonc::model
