// NF4: 4 bits a weight, in blocks of 64 that share a scale (Dettmers et al. 2023, QLoRA). Codes, constants and layout
// are those of bitsandbytes.
#pragma once

#include <torch/types.h>

#include <array>
#include <cstdint>

#include "radonc/core/export.hpp"

namespace radonc::ops {

/// The 16 values a code stands for: quantiles of a normal distribution, scaled to [-1, 1].
RADONC_API extern const std::array<float, 16> kNf4Values;

/// A quantised matrix. With double quantisation the blocks' scales are themselves 8-bit codes.
struct RADONC_API Nf4 {
  static constexpr std::int64_t kBlock = 64;         ///< weights that share a scale
  static constexpr std::int64_t kNestedBlock = 256;  ///< scales that share a scale

  std::int64_t rows = 0, columns = 0;
  torch::Tensor codes;          ///< [rows · columns / 2] uint8, the first weight in the high four bits
  torch::Tensor absmax;         ///< [blocks] float32, or uint8 codes with double quantisation
  torch::Tensor nested_absmax;  ///< [blocks / 256, rounded up] float32; undefined without double quantisation
  torch::Tensor nested_map;     ///< [256] float32: what the codes in `absmax` stand for
  double nested_offset = 0;     ///< added to every scale
  torch::ScalarType source_type = torch::kBFloat16;  ///< of the weights before; recorded in files

  [[nodiscard]] bool is_double_quantized() const { return nested_absmax.defined(); }
};

/// Quantises a matrix [rows, columns] of any floating type; rows · columns must be a multiple of 64. The result is on
/// the weight's device, and the same on every device. Throws radonc::Error otherwise.
RADONC_API Nf4 nf4_quantize(const torch::Tensor& weight, bool double_quantization = true);

/// [rows, columns] in `type` (float32, bfloat16 or float16), on the weight's device. Registered as
/// `radonc::nf4_dequantize`. Throws c10::Error for another type.
RADONC_API torch::Tensor nf4_dequantize(const Nf4& weight, torch::ScalarType type);

/// x Wᵀ for the few rows of x that decoding has: W is read once and not written out.
///   x [N, columns] float32 or bfloat16   → [N, rows], same type; columns a multiple of 64
/// Registered as `radonc::nf4_gemv`. Throws c10::Error on what does not fit.
RADONC_API torch::Tensor nf4_gemv(const torch::Tensor& x, const Nf4& weight);

/// bitsandbytes' 8-bit dynamic map: [256] float32, ascending (Dettmers et al. 2022).
RADONC_API torch::Tensor dynamic_map();

}  // namespace radonc::ops
