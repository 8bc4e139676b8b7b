// Blocks of 64 weights in NF4; see radonc/ops/nf4.hpp. Private.
#pragma once

#include <cstdint>

namespace radonc::kernels {

inline constexpr std::int64_t kNf4Block = 64;

/// codes [blocks · 32], absmax [blocks] of values [blocks · 64]. `bounds`: the 15 midpoints between the values.
void nf4_quantize_blocks(const float* values, const float* bounds, std::int64_t blocks, std::uint8_t* codes,
                         float* absmax);

/// out [blocks · 64] = table[code] · scale, in 32 or 16 bits each. `Element` is a float or a 16-bit float.
template <typename Element>
void nf4_dequantize_blocks(const std::uint8_t* codes, const float* scales, const float* table, std::int64_t blocks,
                           Element* out);

}  // namespace radonc::kernels
