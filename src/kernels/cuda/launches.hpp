// The CUDA kernels as C++ sees them: functions that check nothing and launch on a stream. What each computes is said
// in the .cuh of its name, which also defines it; the .cu beside that compiles it for `StreamLaunch` and every type.
// Here is nothing of torch or CUDA, so that torch's headers are left to the C++ compiler and nvcc has little to read.
// Private.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/adamw.hpp"
#include "kernels/dropout.hpp"

struct CUstream_st;    // what a cudaStream_t points to
struct __nv_bfloat16;  // of cuda_bf16.h

namespace radonc::kernels {
namespace device {

using Bf16 = __nv_bfloat16;

/// A stream to launch on. The tests have another, which runs the kernels on the host.
struct StreamLaunch {
  CUstream_st* stream;

  template <typename... Parameters, typename... Arguments>
  void operator()(void (*kernel)(Parameters...), unsigned blocks, unsigned threads, Arguments... arguments) const;
};

/// W [rows, columns] = table[code] · scale of its block of 64. The scales are `scales`, or, where that is null, doubly
/// quantised: map[nested_codes[i]] · nested_scales[i / 256] + nested_offset. `codes` starts on a 16-byte boundary.
struct Nf4Matrix {
  const std::uint8_t* codes;
  const float* scales;
  const std::uint8_t* nested_codes;
  const float* nested_map;
  const float* nested_scales;
  float nested_offset;
  float table[16];
};

inline constexpr int kMaxGemvBatch = 8;  // rows of x

/// What the products of a low-rank update take of their other side, W [rank, n]: rank <= kMaxLowRank, n a multiple of
/// 8, in a matrix [low_rank_rows(rank), low_rank_columns(n)] that is zero beyond it.
inline constexpr std::int64_t kMaxLowRank = 64;
constexpr std::int64_t low_rank_rows(std::int64_t rank) {
  return rank <= 16 ? 16 : rank <= 32 ? 32 : kMaxLowRank;
}
constexpr std::int64_t low_rank_columns(std::int64_t n) {
  return (n + 63) / 64 * 64;
}

/// Shares of the rows whose gradients are summed apart, so that a GPU's blocks are busy.
constexpr std::int64_t low_rank_shares(std::int64_t rows, std::int64_t n) {
  constexpr std::int64_t kBlocks = 256, kRows = 128;
  const std::int64_t strips = std::max<std::int64_t>(low_rank_columns(n) / 64, 1);
  return std::clamp<std::int64_t>((rows + kRows - 1) / kRows, 1, std::max<std::int64_t>(kBlocks / strips, 1));
}

inline constexpr std::int64_t kMaxDecodeDim = 256;
inline constexpr std::int64_t kDecodeHeads = 4;  // query heads that read their common keys together

/// New tokens and a key-value cache: q [sequences, heads, d], keys and values [slots, kv_heads, capacity, d]. A token
/// sees `window` positions, its own included, or, with 0, all.
struct CacheShape {
  std::int64_t sequences, heads, kv_heads, capacity, d, window;

  /// Blocks of cached_attention's grid for each part of the keys.
  [[nodiscard]] std::int64_t decode_blocks() const {
    return sequences * kv_heads * ((heads / kv_heads + kDecodeHeads - 1) / kDecodeHeads);
  }

  /// Parts of the keys that give each multiprocessor four blocks, unless they had fewer than 64 keys of a full cache.
  [[nodiscard]] std::int64_t decode_splits(std::int64_t multiprocessors) const {
    const std::int64_t blocks = std::max<std::int64_t>(decode_blocks(), 1);
    const std::int64_t seen = window > 0 ? std::min(window, capacity) : capacity;
    return std::clamp<std::int64_t>(4 * multiprocessors / blocks, 1, std::clamp<std::int64_t>(seen / 64, 1, 128));
  }
};

// T is float or Bf16.

template <typename Launch, typename T>
void rms_norm(const Launch& launch, const T* x, const T* weight, T* y, std::int64_t rows, std::int64_t n, float eps);
template <typename Launch, typename T>
void rms_norm_backward(const Launch& launch, const T* grad, const T* x, const T* weight, T* out, std::int64_t rows,
                       std::int64_t n, float eps);

template <typename Launch, typename T>
void swiglu(const Launch& launch, const T* gate, const T* up, T* y, std::int64_t n);
template <typename Launch, typename T>
void swiglu_backward(const Launch& launch, const T* grad, const T* gate, const T* up, T* gate_grad, T* up_grad,
                     std::int64_t n);

template <typename Launch, typename T>
void rope(const Launch& launch, const T* x, const float* cos, const float* sin, T* y, std::int64_t tokens,
          std::int64_t heads, std::int64_t half);

template <typename Launch, typename T>
void cross_entropy(const Launch& launch, T* logits, const std::int64_t* labels, float* losses, std::int64_t rows,
                   std::int64_t n, bool gradient);

template <typename Launch, typename T>
void dropout(const Launch& launch, const T* x, T* y, std::int64_t n, const Dropout& settings);

// A low-rank update's products where x, [rows, n], is dropped out on the way. x, y, low and w start on 16-byte
// boundaries, w on one of 32.

/// out [rows, rank] = factor · dropout(x) Wᵀ
template <typename Launch>
void low_rank_project(const Launch& launch, const Bf16* x, const Bf16* w, Bf16* out, std::int64_t rows, std::int64_t n,
                      std::int64_t rank, float factor, const Dropout& settings);
/// y [rows, n] += dropout(factor · low [rows, rank] W), rounded once
template <typename Launch>
void low_rank_add(const Launch& launch, const Bf16* low, const Bf16* w, Bf16* y, std::int64_t rows, std::int64_t n,
                  std::int64_t rank, float factor, const Dropout& settings);
/// out [rank, n] = factor · lowᵀ dropout(x), with room for low_rank_shares(rows, n) such results in `partial`, unless
/// that is one
template <typename Launch>
void low_rank_gradient(const Launch& launch, const Bf16* low, const Bf16* x, float* partial, float* out,
                       std::int64_t rows, std::int64_t n, std::int64_t rank, float factor, const Dropout& settings);

template <typename Launch, typename T>
void nf4_quantize(const Launch& launch, const T* values, std::uint8_t* codes, float* absmax, std::int64_t blocks);
template <typename Launch, typename T>
void nf4_dequantize(const Launch& launch, const Nf4Matrix& matrix, T* out, std::int64_t blocks);
/// batch <= kMaxGemvBatch; x starts on a 16-byte boundary.
template <typename Launch, typename T>
void nf4_gemv(const Launch& launch, const Nf4Matrix& matrix, const T* x, T* y, std::int64_t batch, std::int64_t rows,
              std::int64_t columns);

template <typename Launch, typename T>
void int8_dequantize(const Launch& launch, const std::int8_t* codes, const float* scales, T* out, std::int64_t rows,
                     std::int64_t columns);

/// batch <= kMaxGemvBatch.
template <typename Launch, typename T>
void int8_gemv(const Launch& launch, const std::int8_t* codes, const float* scales, const T* x, T* y,
               std::int64_t batch, std::int64_t rows, std::int64_t columns);

/// d is a multiple of 8 up to 256; q, k, v start on a 16-byte boundary. `partial` [sequences · heads, splits, d + 2] is
/// scratch where splits > 1.
template <typename Launch, typename T>
void cached_attention(const Launch& launch, const T* q, const T* k, const T* v, const std::int64_t* slots,
                      const std::int64_t* positions, T* out, float* partial, const CacheShape& shape,
                      std::int64_t splits);
template <typename Launch, typename T>
void append_to_cache(const Launch& launch, T* keys, T* values, const T* k, const T* v, const std::int64_t* slots,
                     const std::int64_t* positions, const CacheShape& shape);

template <typename Launch>
void adamw(const Launch& launch, float* parameters, const float* gradients, float* first, float* second, std::int64_t n,
           const AdamWStep& step);

}  // namespace device
}  // namespace radonc::kernels
