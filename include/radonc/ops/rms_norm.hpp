// Root mean square normalisation (Zhang and Sennrich 2019).
#pragma once

#include <torch/types.h>

#include "radonc/core/export.hpp"

namespace radonc::ops {

/// y = x / sqrt(mean(x²) + eps) · weight, the mean over the last dimension, in float32 whatever the storage.
///   x [..., n] float32 or bfloat16   weight [n], same type, frozen (it gets no gradient)
/// Registered as `radonc::rms_norm`. Throws c10::Error on mismatched shapes or types.
RADONC_API torch::Tensor rms_norm(const torch::Tensor& x, const torch::Tensor& weight, double eps);

}  // namespace radonc::ops
