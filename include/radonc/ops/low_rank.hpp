// The products of a low-rank update with many rows, and with dropout on their way. Their other side is a few columns
// wide: what counts is to read the rows once.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "radonc/core/export.hpp"

namespace radonc::ops {

// x, y [T, n], low [T, rank]: float32 or bfloat16   W [rank, n] float32, or a transpose, rounded to their type
// dropout(…) is ops::dropout's with probability p and `seed`; p = 0 drops nothing.
// Registered as `radonc::low_rank_project`, `radonc::low_rank_add_` and `radonc::low_rank_gradient`. They know no
// autograd: the passes of lora_linear are made of them. Each throws c10::Error for another type or shape.
//
// On a GPU one kernel of each drops out on the way where p > 0, in bfloat16, with n a multiple of 8 and a rank up
// to 64. Elsewhere, and without dropout, where torch's products read x once too, they are composed of torch's.

/// scale · dropout(x) Wᵀ: [T, rank], type of x
RADONC_API torch::Tensor low_rank_project(const torch::Tensor& x, const torch::Tensor& w, double scale, double p = 0,
                                          std::int64_t seed = 0);

/// y += dropout(scale · low W)
RADONC_API void low_rank_add_(torch::Tensor y, const torch::Tensor& low, const torch::Tensor& w, double scale,
                              double p = 0, std::int64_t seed = 0);

/// scale · lowᵀ dropout(x): [rank, n] float32
RADONC_API torch::Tensor low_rank_gradient(const torch::Tensor& low, const torch::Tensor& x, double scale, double p = 0,
                                           std::int64_t seed = 0);

}  // namespace radonc::ops
