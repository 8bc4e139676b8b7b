// What a processor can do, as one level: what runs on a level runs on every higher one.
#pragma once

#include <string>

#include "radonc/core/export.hpp"

namespace radonc::core {

/// Ascending. Another architecture's levels (Arm: NEON, SVE) would be a row of their own behind kPortable.
enum class CpuLevel {
  kPortable,
  kAvx2,        ///< x86-64-v3: AVX2, FMA, BMI, F16C
  kAvx512,      ///< x86-64-v4: AVX512-F, -BW, -CD, -DQ, -VL
  kAvx512Vnni,  ///< and -VNNI: int8 products
  kAvx512Bf16,  ///< and -BF16 and -VBMI: bfloat16 products
  kAmx,         ///< and AMX-TILE, -INT8 and -BF16. No kernel uses them yet: those of kAvx512Bf16 run.
};

inline constexpr CpuLevel kCpuLevels[] = {CpuLevel::kPortable,   CpuLevel::kAvx2,       CpuLevel::kAvx512,
                                          CpuLevel::kAvx512Vnni, CpuLevel::kAvx512Bf16, CpuLevel::kAmx};

/// "portable", "avx2", "avx512", "avx512_vnni", "avx512_bf16" or "amx".
RADONC_API std::string cpu_level_name(CpuLevel level);

/// The level of that name. Throws radonc::Error naming those that there are.
RADONC_API CpuLevel cpu_level_named(const std::string& name);

/// The highest level of which this processor and its operating system have everything.
RADONC_API CpuLevel detected_cpu_level();

/// `detected`, or the level that `asked` names where that is lower; `asked` may be empty.
/// Throws radonc::Error for an unknown name, and for a level above `detected`, whose instructions are not there.
RADONC_API CpuLevel lowered_cpu_level(CpuLevel detected, const std::string& asked);

/// The level that radonc's kernels run at: the processor's own, lowered by the environment variable RADONC_CPU_LEVEL as
/// it stands at the first call. Throws radonc::Error as lowered_cpu_level does.
RADONC_API CpuLevel cpu_level();

}  // namespace radonc::core
