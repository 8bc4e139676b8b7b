// What a processor's level has kernels for, and from where on each of them is the faster one. Private.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

#include "radonc/core/cpu_level.hpp"

namespace radonc::kernels {

/// What runs at one level. Rows are those of x; measured on two cores of a Zen 4 (avx512_bf16) and a Zen 3 (avx2).
struct LevelKernels {
  core::CpuLevel level;
  bool has_int8;      ///< w8a8_gemm, w8a8_gemv
  bool has_bfloat16;  ///< nf4_gemm, nf4_gemv, dense_gemm, dense_gemv, packed attention, dot_attention, low_rank_…
  // Up to so many rows a product reads W row by row:
  std::int64_t max_nf4_gemv_rows, max_w8a8_gemv_rows, max_dense_gemv_rows;  ///< else by panels, or by oneDNN
  std::int64_t max_unpacked_gemv_rows;                                      ///< else by slices in float32
  // dense_gemm beats oneDNN's product
  //   for a W that stays in the cache, where oneDNN needs no panels: below so many rows;
  //   for a larger one against the direction in which W lies: always; along it: above so many rows, which hide W's
  //   reading behind the arithmetic.
  std::int64_t cached_weight, max_cached_dense_gemm_rows, min_dense_gemm_rows;
  std::int64_t max_low_rank_rows_in_float32;  ///< A in float32 is not worth a copy in bfloat16
};

// clang-format off
inline constexpr LevelKernels kLevelKernels[] = {
    //                                 int8  bfloat16  nf4 int8 dense unpacked  cached weight, rows, rows  in float32
    {core::CpuLevel::kPortable,       false, false,     0,   0,   0,   16,      0,                 0,   0,  0},
    {core::CpuLevel::kAvx2,           false, false,     0,   0,   0,   16,      0,                 0,   0,  0},
    {core::CpuLevel::kAvx512,         false, false,     0,   0,   0,   16,      0,                 0,   0,  0},
    {core::CpuLevel::kAvx512Vnni,     true,  false,     0,  32,   0,   16,      0,                 0,   0,  0},
    {core::CpuLevel::kAvx512Bf16,     true,  true,     24,  32,  16,   16,      1 << 20,         256,  64,  4},
    {core::CpuLevel::kAmx,            true,  true,     24,  32,  16,   16,      1 << 20,         256,  64,  4},
};
// clang-format on

static_assert(std::size(kLevelKernels) == std::size(core::kCpuLevels));
static_assert([] {
  for (std::size_t i = 0; i < std::size(kLevelKernels); ++i)
    if (kLevelKernels[i].level != core::kCpuLevels[i]) return false;
  return true;
}());

/// Those of this processor.
inline const LevelKernels& level_kernels() {
  return kLevelKernels[static_cast<std::size_t>(core::cpu_level())];
}

}  // namespace radonc::kernels
