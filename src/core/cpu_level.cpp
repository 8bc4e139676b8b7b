#include "radonc/core/cpu_level.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "radonc/core/error.hpp"

namespace radonc::core {
namespace {

constexpr const char* kNames[] = {"portable", "avx2", "avx512", "avx512_vnni", "avx512_bf16", "amx"};
static_assert(std::size(kNames) == std::size(kCpuLevels));

}  // namespace

std::string cpu_level_name(CpuLevel level) {
  return kNames[static_cast<std::size_t>(level)];
}

CpuLevel cpu_level_named(const std::string& name) {
  const auto* found = std::find(std::begin(kNames), std::end(kNames), name);
  if (found == std::end(kNames)) {
    throw Error(
        fmt::format("RADONC_CPU_LEVEL: expected portable, avx2, avx512, avx512_vnni, avx512_bf16 or amx, got "
                    "\"{}\". Unset it to use all that the processor has.",
                    name));
  }
  return kCpuLevels[found - std::begin(kNames)];
}

// The builtin asks the operating system too: whether it saves the registers.
#if defined(__x86_64__) && defined(__clang__)  // older ones do not know the names of AMX and of x86-64's levels
#define RADONC_HAS_V3                                                                                  \
  (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") && \
   __builtin_cpu_supports("bmi2"))
#define RADONC_HAS_V4                                                                                               \
  (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") && \
   __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
#define RADONC_HAS_AMX false
#else
#define RADONC_HAS_V3 __builtin_cpu_supports("x86-64-v3")
#define RADONC_HAS_V4 __builtin_cpu_supports("x86-64-v4")
#define RADONC_HAS_AMX \
  (__builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-int8") && __builtin_cpu_supports("amx-bf16"))
#endif

CpuLevel detected_cpu_level() {
#if defined(__x86_64__)
  if (!RADONC_HAS_V3) return CpuLevel::kPortable;
  if (!RADONC_HAS_V4) return CpuLevel::kAvx2;
  if (!__builtin_cpu_supports("avx512vnni")) return CpuLevel::kAvx512;
  if (!__builtin_cpu_supports("avx512bf16") || !__builtin_cpu_supports("avx512vbmi")) return CpuLevel::kAvx512Vnni;
  return RADONC_HAS_AMX ? CpuLevel::kAmx : CpuLevel::kAvx512Bf16;
#else
  return CpuLevel::kPortable;
#endif
}

CpuLevel lowered_cpu_level(CpuLevel detected, const std::string& asked) {
  if (asked.empty()) return detected;
  const CpuLevel level = cpu_level_named(asked);
  if (level > detected) {
    throw Error(
        fmt::format("RADONC_CPU_LEVEL: {} is more than this processor has, {}. Name that or a lower level, or "
                    "unset it.",
                    asked, cpu_level_name(detected)));
  }
  return level;
}

CpuLevel cpu_level() {
  static const CpuLevel kLevel = [] {
    const char* asked = std::getenv("RADONC_CPU_LEVEL");
    return lowered_cpu_level(detected_cpu_level(), asked ? asked : "");
  }();
  return kLevel;
}

}  // namespace radonc::core
