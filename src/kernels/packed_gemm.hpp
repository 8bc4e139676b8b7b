// Products with a frozen matrix in 8 bits, 4 bits or bfloat16, unpacked panel by panel in the processor's cache: no
// whole matrix is ever written out. Private.
#pragma once

#include <cstdint>

namespace radonc::kernels {

enum class Direction {
  kForward,   ///< x Wᵀ: x [rows, in], out [rows, out]
  kBackward,  ///< x W: x [rows, out], out [rows, in]
};

/// Weights of one block share a scale, so that the same codes serve both directions (as DeepSeek-V3 does in FP8).
inline constexpr std::int64_t kInt8Block = 128;

/// W [out, in] = codes · scales [⌈out / 128⌉, ⌈in / 128⌉].
struct Int8View {
  const std::int8_t* codes = nullptr;
  const float* scales = nullptr;
  std::int64_t out = 0;
  std::int64_t in = 0;
};

/// W [out, in] = table[code] · scale of its block of 64; `in` is a multiple of 64. The scales are `scales`, or, where
/// that is null, doubly quantised: map[nested_codes[i]] · nested_scales[i / 256] + nested_offset.
struct Nf4View {
  const std::uint8_t* codes = nullptr;
  const float* table = nullptr;
  const float* scales = nullptr;
  const std::uint8_t* nested_codes = nullptr;
  const float* nested_map = nullptr;
  const float* nested_scales = nullptr;
  float nested_offset = 0;
  std::int64_t out = 0;
  std::int64_t in = 0;
};

/// W [out, in] in bfloat16.
struct DenseView {
  const std::uint16_t* values = nullptr;
  std::int64_t out = 0;
  std::int64_t in = 0;
};

/// Only where level_kernels().has_int8. x is quantised on the fly, one scale for each 1 × 128 tile; int8 products are
/// summed exactly within a tile and in float32 over the tiles. A tile that is not finite makes its row's results NaN.
/// `Element` is float or a bfloat16.
template <typename Element>
void w8a8_gemm(Direction direction, const Int8View& weight, const Element* x, std::int64_t rows, Element* out);

/// Only where level_kernels().has_bfloat16. W is rounded to bfloat16, as nf4_dequantize_blocks rounds it; products are
/// summed in float32.
void nf4_gemm(Direction direction, const Nf4View& weight, const std::uint16_t* x, std::int64_t rows,
              std::uint16_t* out);

/// Only where level_kernels().has_bfloat16. Faster than oneDNN's product against the direction in which W lies in
/// memory, and for a few dozen rows.
void dense_gemm(Direction direction, const DenseView& weight, const std::uint16_t* x, std::int64_t rows,
                std::uint16_t* out);

}  // namespace radonc::kernels
