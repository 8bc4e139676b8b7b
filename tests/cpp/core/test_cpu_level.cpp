#include "radonc/core/cpu_level.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "radonc/core/error.hpp"

using namespace radonc;
using core::CpuLevel;

TEST_CASE("levels have names, and the names their levels") {
  CHECK(core::cpu_level_name(CpuLevel::kPortable) == "portable");
  CHECK(core::cpu_level_name(CpuLevel::kAvx512Bf16) == "avx512_bf16");
  for (const CpuLevel level : core::kCpuLevels) CHECK((core::cpu_level_named(core::cpu_level_name(level)) == level));
  CHECK(std::is_sorted(std::begin(core::kCpuLevels), std::end(core::kCpuLevels)));
}

TEST_CASE("a level can be lowered, not raised; a wrong name is refused") {
  CHECK((core::lowered_cpu_level(CpuLevel::kAvx512, "") == CpuLevel::kAvx512));
  CHECK((core::lowered_cpu_level(CpuLevel::kAvx512, "avx512") == CpuLevel::kAvx512));
  CHECK((core::lowered_cpu_level(CpuLevel::kAmx, "avx2") == CpuLevel::kAvx2));
  CHECK((core::lowered_cpu_level(CpuLevel::kAvx2, "portable") == CpuLevel::kPortable));
  CHECK_THROWS_WITH_AS(core::lowered_cpu_level(CpuLevel::kAvx2, "amx"),
                       "RADONC_CPU_LEVEL: amx is more than this processor has, avx2. Name that or a lower level, or "
                       "unset it.",
                       Error);
  for (const char* wrong : {"AVX2", "avx", "0", " avx2"})
    CHECK_THROWS_WITH_AS(core::lowered_cpu_level(CpuLevel::kAmx, wrong), doctest::Contains("expected portable, avx2"),
                         Error);
}

TEST_CASE("the level found is what the kernel lists of the processor, and all of it") {
  if (!std::filesystem::exists("/proc/cpuinfo")) return;
  std::ifstream file("/proc/cpuinfo");
  std::set<std::string> flags;
  for (std::string line; flags.empty() && std::getline(file, line);)
    if (line.starts_with("flags")) {
      std::istringstream words(line);
      flags = {std::istream_iterator<std::string>(words), {}};
    }
  const auto has = [&](const std::vector<std::string>& all) {
    return std::ranges::all_of(all, [&](const std::string& flag) { return flags.contains(flag); });
  };
  CpuLevel expected = CpuLevel::kPortable;
  if (has({"avx2", "fma", "bmi1", "bmi2", "f16c", "movbe", "abm"})) {
    expected = CpuLevel::kAvx2;
    if (has({"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"})) {
      expected = CpuLevel::kAvx512;
      if (has({"avx512_vnni"})) {
        expected = CpuLevel::kAvx512Vnni;
        if (has({"avx512_bf16", "avx512vbmi"}))
          expected = has({"amx_tile", "amx_int8", "amx_bf16"}) ? CpuLevel::kAmx : CpuLevel::kAvx512Bf16;
      }
    }
  }
  CHECK(core::cpu_level_name(core::detected_cpu_level()) == core::cpu_level_name(expected));
  CHECK(core::cpu_level() <= core::detected_cpu_level());
}
