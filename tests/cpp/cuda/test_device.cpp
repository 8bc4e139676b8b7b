// What the kernels share.
#include <cuda_bf16.h>
#include <doctest/doctest.h>

#include "cuda/arrays.hpp"
#include "kernels/cuda/device.cuh"

using namespace radonc;
using namespace radonc::kernels;
using test::Array;

namespace {

__global__ void sum_again_and_again(float* out) {
  for (int round = 0; round < 8; ++round) {
    float sums[2] = {static_cast<float>(threadIdx.x + 1), static_cast<float>(round)};
    device::block_sums(sums);
    out[(round * blockDim.x + threadIdx.x) * 2] = sums[0];
    out[(round * blockDim.x + threadIdx.x) * 2 + 1] = sums[1];
  }
}

/// Counts each element's visits, by width.
__global__ void visit(int* wide, int* single, std::int64_t n) {
  device::for_packs<4>(n, [&]<int kSize>(std::int64_t i) {
    for (int j = 0; j < kSize; ++j) ++(kSize == 4 ? wide : single)[i * kSize + j];
  });
}

}  // namespace

TEST_CASE("block_sums gives every thread the sum, as often as it is called") {
  for (const unsigned threads : {32U, 96U, 256U}) {
    Array<float> out(8 * threads * 2);
    test::Launch{}(sum_again_and_again, 1, threads, out.data());
    for (unsigned i = 0; i < 8 * threads; ++i) {
      CHECK(out[2 * i] == static_cast<float>(threads * (threads + 1) / 2));
      CHECK(out[2 * i + 1] == static_cast<float>(i / threads * threads));
    }
  }
}

TEST_CASE("for_packs visits each element once, whole packs at a time") {
  for (const std::int64_t n : {0, 1, 3, 4, 129, 1000, 1003}) {
    Array<int> wide(n), single(n);
    for (std::int64_t i = 0; i < n; ++i) wide[i] = single[i] = 0;
    test::Launch{}(visit, 3, 32, wide.data(), single.data(), n);
    CHECK(wide.has_guards());
    CHECK(single.has_guards());
    for (std::int64_t i = 0; i < n; ++i) {
      CHECK(wide[i] == (i < n / 4 * 4));
      CHECK(single[i] == (i >= n / 4 * 4));
    }
  }
}

TEST_CASE("launches have whole warps, and at least one block") {
  CHECK(device::threads_for(0) == 32);
  CHECK(device::threads_for(33) == 64);
  CHECK(device::threads_for(1'000'000) == 256);
  CHECK(device::blocks_for(0) == 1);
  CHECK(device::blocks_for(257) == 2);
  CHECK(device::blocks_for(std::int64_t{1} << 40) == 65536);
}
