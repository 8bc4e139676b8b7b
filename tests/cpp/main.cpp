#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdlib>
#include <iostream>

#include "radonc/core/cpu_level.hpp"

/// ctest runs the kernels' tests again at each lower level. What would only repeat the usual run, or needs a processor
/// that has more, is skipped.
int main(int argc, char** argv) {
  constexpr int kSkipped = 77;
  using namespace radonc::core;
  const char* asked = std::getenv("RADONC_CPU_LEVEL");
  const CpuLevel detected = detected_cpu_level();
  if (asked && std::getenv("RADONC_TEST_LOWER_LEVELS") && cpu_level_named(asked) >= detected) {
    std::cout << "skipped: " << asked << " is not below this processor's " << cpu_level_name(detected) << "\n";
    return kSkipped;
  }
  return doctest::Context(argc, argv).run();
}
