// A frozen linear layer plus a trainable low-rank update (Hu et al. 2021).
#pragma once

#include <torch/types.h>

#include <functional>
#include <optional>

#include "radonc/core/export.hpp"
#include "radonc/ops/frozen_weight.hpp"

namespace radonc::ops {

/// The trainable part. `a` starts random, `b` at zero, so that the update starts at zero.
struct RADONC_API LowRankUpdate {
  torch::Tensor a;     ///< [rank, in] float32
  torch::Tensor b;     ///< [out, rank] float32
  double scale = 1;    ///< alpha / rank, or alpha / √rank (rsLoRA, Kalajdzievski 2023)
  double dropout = 0;  ///< probability that an input of the update is zeroed in training

  // Where defined:
  torch::Tensor b_bias;         ///< [out] float32, trained: scale · b_bias is added to the output
  torch::Tensor magnitude;      ///< [out] float32: DoRA's length of each row of the adapted weight (Liu et al. 2024)
  torch::Tensor squared_norms;  ///< [out] float32: the frozen rows' squared lengths, for DoRA
  torch::Tensor start_a;        ///< [rank, in] float32, frozen: what `a` started as, when it did not start at a zero
  torch::Tensor start_b;        ///< [out, rank] float32, frozen: update (PiSSA); their product is subtracted

  /// W + scale · (B A - B₀ A₀), and for DoRA each row as long as `magnitude` says.
  ///   weight [out, in] float32 → the adapted weight, [out, in] float32
  [[nodiscard]] torch::Tensor apply_to(const torch::Tensor& weight) const;
};

/// Computes a tensor that was computed before once more, bit for bit, from what is kept anyway: a norm's output from
/// its input, say.
using Recompute = std::function<torch::Tensor()>;

/// y = x Wᵀ + bias + scale · (dropout(x) Aᵀ Bᵀ + b_bias)
///   x [T, in]   weight [out, in] frozen   bias [out], trained or frozen, or undefined   y [T, out], type of x
/// With a magnitude m: y = g ∘ (x Wᵀ + scale · x Aᵀ Bᵀ) + bias, where g = m / |rows of W + scale · B A|, the norm taken
/// as a constant in the backward pass and computed without forming B A.
/// Without `update` it is the frozen layer alone. Dropout happens only where `generator`, the processor's, is given: it
/// draws the seed of ops::dropout, whose draws are the same on every device.
/// The backward pass computes what flows on to x and the update's gradients; never one of W. A quantised W is
/// dequantised in both passes and not kept between them. The gradients of a plain update need x: where `x_again` is
/// given, x is not kept for them but made again.
RADONC_API torch::Tensor lora_linear(const torch::Tensor& x, const FrozenWeight& weight, const torch::Tensor& bias = {},
                                     const std::optional<LowRankUpdate>& update = std::nullopt,
                                     const std::optional<at::Generator>& generator = std::nullopt,
                                     const Recompute& x_again = {});

}  // namespace radonc::ops
