// What each layout calls a model's tensors, and how it orders their rows. The families share these. Private.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

#include "radonc/model/config.hpp"

namespace radonc::model {

enum class Layout {
  kMeta,  ///< and Mistral's own
  kGguf,
};

/// The layout's name of Hugging Face's "model.layers.3.mlp.up_proj.weight": "layers.3.feed_forward.w3.weight" or
/// "blk.3.ffn_up.weight".
std::string name_in(Layout layout, const std::string& name);

/// The dimension along which Meta's shards of a tensor join, by its name in Hugging Face; -1: each holds the whole.
std::int64_t shard_dimension(const std::string& name);

/// Queries' and keys' rows, by the tensor's name in Hugging Face: from Hugging Face's order within each head (first
/// halves, then second halves) to Meta's (pairs side by side), and back. Other tensors as they are.
torch::Tensor with_paired_rows(const std::string& name, const torch::Tensor& weight, const TransformerConfig& config);
torch::Tensor with_split_rows(const std::string& name, const torch::Tensor& weight, const TransformerConfig& config);

}  // namespace radonc::model
