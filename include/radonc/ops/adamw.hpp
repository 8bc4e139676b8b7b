// The optimiser's step, in one pass over all parameters.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "radonc/core/export.hpp"

namespace radonc::ops {

struct RADONC_API AdamWOptions {
  double learning_rate = 1e-4;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;
};

/// One step of AdamW (Loshchilov and Hutter 2019), in place, with g = gradients, t = step, from 1:
///   m = β₁ m + (1 - β₁) g;  v = β₂ v + (1 - β₂) g²
///   p = (1 - rate · decay) p - rate · (m / (1 - β₁ᵗ)) / (√(v / (1 - β₂ᵗ)) + ε)
///   parameters p, gradients, first m, second v   float32, contiguous, of one shape
/// Registered as `radonc::adamw_`. Throws c10::Error on mismatched shapes or types.
RADONC_API void adamw_(torch::Tensor parameters, const torch::Tensor& gradients, torch::Tensor first,
                       torch::Tensor second, std::int64_t step, const AdamWOptions& options);

}  // namespace radonc::ops
