// 8 bits a weight, in blocks of 128 × 128 that share a scale, so that one stored copy serves the forward and the
// backward pass (as DeepSeek-V3 does in FP8). Nearer to the original than NF4, and faster than bfloat16.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "radonc/core/export.hpp"

namespace radonc::ops {

/// A quantised matrix.
struct RADONC_API Int8 {
  static constexpr std::int64_t kBlock = 128;  ///< rows and columns that share a scale

  torch::Tensor codes;   ///< [rows, columns] int8, -127 to 127
  torch::Tensor scales;  ///< [⌈rows / 128⌉, ⌈columns / 128⌉] float32: the block's largest absolute value / 127
};

/// Quantises a matrix of any floating type, to the nearest code. The processor does it; the result is on the weight's
/// device.
/// Throws radonc::Error if it has no weights, other than two dimensions, or a weight that is not finite.
RADONC_API Int8 int8_quantize(const torch::Tensor& weight);

/// [rows, columns] in `type`, float32, bfloat16 or float16, on the weight's device. Registered as
/// `radonc::int8_dequantize`. Throws c10::Error for another type.
RADONC_API torch::Tensor int8_dequantize(const Int8& weight, torch::ScalarType type);

/// x Wᵀ for the few rows of x that decoding has: W is read once and not written out, and x is not rounded.
///   x [N, columns] float32 or bfloat16   → [N, rows], same type, summed in float32
/// Registered as `radonc::int8_gemv`. Throws c10::Error on what does not fit.
RADONC_API torch::Tensor int8_gemv(const torch::Tensor& x, const Int8& weight);

}  // namespace radonc::ops
