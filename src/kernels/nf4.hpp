// Blocks of 64 weights in NF4; see radonc/ops/nf4.hpp. Private.
#pragma once

#include <array>
#include <cstdint>

namespace radonc::kernels {

inline constexpr std::int64_t kNf4Block = 64;
inline constexpr std::int64_t kNf4NestedBlock = 256;

/// What the codes stand for.
inline constexpr std::array<float, 16> kNf4Table = {-1.0F,
                                                    -0.6961928009986877F,
                                                    -0.5250730514526367F,
                                                    -0.39491748809814453F,
                                                    -0.28444138169288635F,
                                                    -0.18477343022823334F,
                                                    -0.09105003625154495F,
                                                    0.0F,
                                                    0.07958029955625534F,
                                                    0.16093020141124725F,
                                                    0.24611230194568634F,
                                                    0.33791524171829224F,
                                                    0.44070982933044434F,
                                                    0.5626170039176941F,
                                                    0.7229568362236023F,
                                                    1.0F};

/// Half way between the values: what lies on a bound takes the lower value.
inline constexpr std::array<float, 15> kNf4Bounds = [] {
  std::array<float, 15> bounds = {};
  for (std::size_t i = 0; i < bounds.size(); ++i) bounds[i] = (kNf4Table[i] + kNf4Table[i + 1]) / 2;
  return bounds;
}();

inline constexpr float kNf4SmallestScale = 1e-38F;  // that is divided by

/// codes [blocks · 32], absmax [blocks] of values [blocks · 64].
void nf4_quantize_blocks(const float* values, std::int64_t blocks, std::uint8_t* codes, float* absmax);

/// out [blocks · 64] = table[code] · scale, in 32 or 16 bits each. `Element` is a float or a 16-bit float.
template <typename Element>
void nf4_dequantize_blocks(const std::uint8_t* codes, const float* scales, const float* table, std::int64_t blocks,
                           Element* out);

}  // namespace radonc::kernels
