// An adapter folded into the weights, and taken out again.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/lora/lora.hpp"

namespace radonc::lora {

/// How merged weights are stored.
enum class MergeTarget {
  kDense,  ///< in the model's type, also where the base was quantised
  kNf4,    ///< quantised (again) in NF4
};

/// What merge put aside: it holds on to the original weights, so that unmerging gives every bit back.
struct RADONC_API Merged {
  Adapter adapter;
  std::vector<ops::FrozenWeight> weights;                      ///< one a module of the adapter
  std::vector<std::pair<std::string, torch::Tensor>> biases;   ///< of the layers whose bias merging changed
  std::vector<std::pair<std::string, torch::Tensor>> modules;  ///< lm_head, embed_tokens where the adapter has them
  /// What storing the merged weights costs: |stored - exact| / |exact - original|, Frobenius norms, of the layer where
  /// it is largest. 0.01: a hundredth of the adapter's change is lost to rounding; 1: as much as the change itself.
  double relative_error = 0;
  std::string worst_module;
};

/// Folds the adapter into the weights of `model`, which then answers without it.
/// Throws radonc::Error if the adapter does not fit the model, or if its lora_bias has no bias of the model to go into.
RADONC_API Merged merge(model::Transformer& model, const Adapter& adapter, MergeTarget target = MergeTarget::kDense);

/// Puts the original weights back, bit for bit, and the adapter beside them again.
RADONC_API void unmerge(model::Transformer& model, const Merged& merged);

}  // namespace radonc::lora
