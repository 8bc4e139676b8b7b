#include "radonc/ops/kept_memory.hpp"

#include <doctest/doctest.h>
#include <torch/types.h>

#include <fstream>
#include <thread>

using namespace radonc;

namespace {

constexpr std::int64_t kFloats = 1 << 20;  // 4 MB

torch::Tensor filled(std::int64_t count, float value) {
  return torch::full({count}, value);
}

bool all_are(const torch::Tensor& x, float value) {
  return (x == value).all().item<bool>();
}

/// Pages of this process that are in memory.
std::int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t unused = 0, pages = 0;
  file >> unused >> pages;
  return pages * 4096;
}

}  // namespace

TEST_CASE("freed memory is handed out again, and freed neighbours as one block") {
  const ops::KeptMemory kept;
  auto a = filled(kFloats, 1), b = filled(kFloats, 2);
  const auto c = filled(kFloats, 3);
  const void* place = std::min(a.data_ptr(), b.data_ptr());
  b.reset();
  a.reset();
  const auto both = filled(2 * kFloats, 4);
  CHECK(both.data_ptr() == place);
  CHECK(all_are(c, 3));
  CHECK(all_are(both, 4));
}

TEST_CASE("blocks of many sizes never overlap, in any order of freeing, on several threads") {
  const ops::KeptMemory kept;
  const auto work = [](std::int64_t seed) {
    std::vector<torch::Tensor> alive(16);
    std::vector<float> values(16);
    std::uint64_t state = 1 + static_cast<std::uint64_t>(seed);
    for (int round = 0; round < 400; ++round) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      const std::size_t slot = (state >> 33) % 16;
      if (alive[slot].defined() && !all_are(alive[slot], values[slot])) return false;
      values[slot] = static_cast<float>(round + 1000 * seed);
      alive[slot] = filled(static_cast<std::int64_t>((state >> 40) % 100'000), values[slot]);
    }
    for (std::size_t slot = 0; slot < 16; ++slot)
      if (alive[slot].defined() && !all_are(alive[slot], values[slot])) return false;
    return true;
  };
  bool good[2] = {false, false};
  std::thread other([&] { good[1] = work(1); });
  good[0] = work(0);
  other.join();
  CHECK(good[0]);
  CHECK(good[1]);
}

TEST_CASE("at the end free memory goes back to the system, and tensors outlive it") {
  torch::Tensor survivor;
  std::int64_t during = 0;
  {
    const ops::KeptMemory outer;
    {
      const ops::KeptMemory inner;
      survivor = filled(kFloats, 7);
      filled(32 * kFloats, 8).reset();
    }
    during = resident_bytes();
  }
  CHECK(during - resident_bytes() > 100'000'000);
  CHECK(all_are(survivor, 7));
  const std::int64_t before = resident_bytes();
  survivor.reset();
  CHECK(before - resident_bytes() > 3'000'000);
  CHECK(all_are(filled(kFloats, 9), 9));
}
