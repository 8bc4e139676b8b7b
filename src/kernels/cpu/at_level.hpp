// Plain code, compiled for the instructions of each level. Private to src/kernels/cpu.
#pragma once

#include "kernels/arithmetic.hpp"
#include "radonc/core/cpu_level.hpp"

namespace radonc::kernels {

/// `kFunction`, which is inlined (RADONC_INLINE), once for each set of instructions.
template <auto kFunction>
struct Compiled;

template <typename Result, typename... Inputs, Result (*kFunction)(Inputs...)>
struct Compiled<kFunction> {
  static Result portable(Inputs... inputs) { return kFunction(inputs...); }
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
  __attribute__((target("arch=x86-64-v3"))) static Result avx2(Inputs... inputs) {
    return kFunction(inputs...);
  }
  __attribute__((target("arch=x86-64-v4"))) static Result avx512(Inputs... inputs) {
    return kFunction(inputs...);
  }
#else
  static Result avx2(Inputs... inputs) {
    return kFunction(inputs...);
  }
  static Result avx512(Inputs... inputs) {
    return kFunction(inputs...);
  }
#endif
};

/// `kFunction` for this processor's level, to be asked for outside of loops and of threads.
template <auto kFunction>
auto* at_level() {
  const core::CpuLevel level = core::cpu_level();
  return level >= core::CpuLevel::kAvx512 ? &Compiled<kFunction>::avx512
         : level >= core::CpuLevel::kAvx2 ? &Compiled<kFunction>::avx2
                                          : &Compiled<kFunction>::portable;
}

}  // namespace radonc::kernels
