// A frozen linear layer plus a trainable low-rank update (Hu et al. 2021).
#pragma once

#include <torch/types.h>

#include <optional>

namespace radonc::ops {

/// The trainable part. `a` starts random, `b` at zero, so that the update starts at zero.
struct LowRankUpdate {
  torch::Tensor a;     ///< [rank, in] float32
  torch::Tensor b;     ///< [out, rank] float32
  double scale = 1;    ///< alpha / rank
  double dropout = 0;  ///< probability that an input of the update is zeroed in training
};

/// y = x Wᵀ + scale · dropout(x) Aᵀ Bᵀ
///   x [T, in]   weight [out, in] frozen, same type as x   y [T, out]
/// Without `update` it is the frozen layer alone. Dropout happens only where `generator` is given.
/// The backward pass computes what flows on to x, and the gradients of A and B; never one of W.
torch::Tensor lora_linear(const torch::Tensor& x, const torch::Tensor& weight,
                          const std::optional<LowRankUpdate>& update = std::nullopt,
                          const std::optional<at::Generator>& generator = std::nullopt);

}  // namespace radonc::ops
