// The language model's loss, without ever holding tokens × vocabulary logits.
#pragma once

#include <torch/types.h>

#include "radonc/core/export.hpp"

namespace radonc::ops {

/// Σ_t -log softmax(h_t Wᵀ)[label_t], computed in chunks of rows, forward and gradient in one pass, in float32.
///   hidden [N, n]   weight [vocabulary, n], same type as hidden, frozen or not   labels [N] int64   → scalar float32
/// Throws c10::Error on mismatched shapes.
RADONC_API torch::Tensor linear_cross_entropy(const torch::Tensor& hidden, const torch::Tensor& weight,
                                              const torch::Tensor& labels);

}  // namespace radonc::ops
