// Dropout (Srivastava et al. 2014) whose draws depend on a seed and the element's place alone.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "radonc/core/export.hpp"

namespace radonc::ops {

/// x / (1 - p), but 0 for each element with probability p.
///   x [..] float32 or bfloat16, contiguous   0 <= p < 1
/// Element i meets word i % 4 of block i / 4 of Philox4x32-10 under the key `seed`: the same on every device, so that
/// no mask needs to be kept. The gradient is dropped at the same elements.
/// Registered as `radonc::dropout`. Throws c10::Error for another type or probability.
RADONC_API torch::Tensor dropout(const torch::Tensor& x, double p, std::int64_t seed);

}  // namespace radonc::ops
