// What the host runs device code on, itself under test.
#include <cuda_bf16.h>
#include <doctest/doctest.h>

#include <numeric>
#include <vector>

using namespace radonc::test::on_host;

namespace {

__global__ void number(int* out) {
  out[blockIdx.x * blockDim.x + threadIdx.x] = static_cast<int>(1000 * gridDim.x + 100 * blockIdx.x + threadIdx.x);
}

/// Reverses the block's elements through shared memory.
__global__ void reverse(const int* in, int* out) {
  __shared__ int kept[96];
  kept[threadIdx.x] = in[blockIdx.x * blockDim.x + threadIdx.x];
  __syncthreads();
  out[blockIdx.x * blockDim.x + threadIdx.x] = kept[blockDim.x - 1 - threadIdx.x];
  __syncthreads();
}

__global__ void reverse_without_barrier(const int* in, int* out) {
  __shared__ int kept[96];
  kept[threadIdx.x] = 0;
  __syncthreads();
  kept[threadIdx.x] = in[blockIdx.x * blockDim.x + threadIdx.x];
  out[blockIdx.x * blockDim.x + threadIdx.x] = kept[blockDim.x - 1 - threadIdx.x];
}

__global__ void exchange_lanes(int* sums, int* firsts) {
  const int mine = static_cast<int>(threadIdx.x);
  int sum = mine;
  for (int bits = 16; bits > 0; bits /= 2) sum += __shfl_xor_sync(0xFFFFFFFFU, sum, bits);
  sums[threadIdx.x] = sum;
  firsts[threadIdx.x] = __shfl_sync(0xFFFFFFFFU, mine, 0);
  __syncwarp();
}

__global__ void half_a_warp(int* out) {
  if (threadIdx.x < 16) out[threadIdx.x] = __shfl_xor_sync(0xFFFFU, static_cast<int>(threadIdx.x), 1);
}

__global__ void barrier_without_thread_5() {
  if (threadIdx.x != 5) __syncthreads();
}

__global__ void two_barriers() {
  if (threadIdx.x == 5)
    __syncthreads();
  else
    __syncthreads();
}

__global__ void barrier_or_shuffle() {
  if (threadIdx.x == 5)
    __syncthreads();
  else
    __shfl_sync(0xFFFFFFFFU, 1, 1);
}

__global__ void shuffle_without_thread_5() {
  if (threadIdx.x != 5) __shfl_xor_sync(0xFFFFFFFFU, 1, 1);
}

__global__ void two_operations() {
  if (threadIdx.x == 5)
    __syncwarp();
  else
    __shfl_sync(0xFFFFFFFFU, 1, 1);
}

std::vector<int> counted(int n) {
  std::vector<int> values(static_cast<std::size_t>(n));
  std::iota(values.begin(), values.end(), 0);
  return values;
}

}  // namespace

TEST_CASE("each thread of each block runs once and knows its place") {
  std::vector<int> out(15, -1);
  Launch{}(number, 3, 5, out.data());
  CHECK(out ==
        std::vector<int>{3000, 3001, 3002, 3003, 3004, 3100, 3101, 3102, 3103, 3104, 3200, 3201, 3202, 3203, 3204});
  std::vector<unsigned> places;
  run({1, 2, 2}, {1, 2, 2},
      [&] { places.push_back(100 * blockIdx.z + 10 * blockIdx.y + 2 * threadIdx.z + threadIdx.y); });
  CHECK(places == std::vector<unsigned>{0, 1, 2, 3, 10, 11, 12, 13, 100, 101, 102, 103, 110, 111, 112, 113});
}

TEST_CASE("threads meet at a barrier, and share memory") {
  const std::vector<int> in = counted(192);
  std::vector<int> out(192), expected(192);
  for (std::size_t i = 0; i < 192; ++i) expected[i] = in[i / 96 * 96 + 95 - i % 96];
  Launch{}(reverse, 2, 96, in.data(), out.data());
  CHECK(out == expected);
  Launch{}(reverse_without_barrier, 2, 96, in.data(), out.data());
  CHECK(out != expected);
}

TEST_CASE("lanes exchange values") {
  std::vector<int> sums(64), firsts(64), half(16);
  Launch{}(exchange_lanes, 1, 64, sums.data(), firsts.data());
  for (std::size_t i = 0; i < 64; ++i) {
    CHECK(sums[i] == (i < 32 ? 496 : 496 + 32 * 32));
    CHECK(firsts[i] == (i < 32 ? 0 : 32));
  }
  Launch{}(half_a_warp, 1, 32, half.data());
  for (int i = 0; i < 16; ++i) CHECK(half[static_cast<std::size_t>(i)] == (i ^ 1));
}

TEST_CASE("a barrier that a thread misses is an error") {
  CHECK_THROWS_WITH_AS(Launch{}(barrier_without_thread_5, 1, 32), doctest::Contains("but thread 5 has returned"),
                       Error);
  CHECK_THROWS_WITH_AS(Launch{}(two_barriers, 1, 32), doctest::Contains("but thread 5 waits at the barrier"), Error);
  CHECK_THROWS_WITH_AS(Launch{}(barrier_or_shuffle, 1, 32), doctest::Contains("but thread 5 waits at the barrier"),
                       Error);
}

TEST_CASE("a warp operation that lanes do not agree about is an error") {
  const auto run_warp = [](unsigned threads, void (*kernel)()) { Launch{}(kernel, 1, threads); };
  CHECK_THROWS_WITH_AS(Launch{}(shuffle_without_thread_5, 1, 32), doctest::Contains("thread 5 has returned"), Error);
  CHECK_THROWS_WITH_AS(Launch{}(two_operations, 1, 32), doctest::Contains("but thread 0 waits in __shfl_sync"), Error);
  CHECK_THROWS_WITH_AS(run_warp(24, [] { __syncwarp(); }), doctest::Contains("which the block does not have"), Error);
  CHECK_THROWS_WITH_AS(run_warp(32, [] { __syncwarp(threadIdx.x == 5 ? 0xFFU : 0xFFFFFFFFU); }),
                       doctest::Contains("waits in __syncwarp with mask 255"), Error);
  CHECK_THROWS_WITH_AS(run_warp(32, [] { __syncwarp(2); }), doctest::Contains("which its mask leaves out"), Error);
  CHECK_THROWS_WITH_AS(run_warp(32, [] { __shfl_sync(threadIdx.x < 16 ? 0xFFFFU : 0xFFFF0000U, 1, 20); }),
                       doctest::Contains("reads a lane that takes no part"), Error);
}

TEST_CASE("a launch has threads and blocks, and the next one runs after a failure") {
  CHECK_THROWS_AS(run({0}, {32}, [] {}), Error);
  CHECK_THROWS_AS(run({1}, {0}, [] {}), Error);
  CHECK_THROWS_AS(run({1}, {1025}, [] {}), Error);
  CHECK_THROWS_AS(run({1}, {32}, [] { throw std::out_of_range("of a kernel"); }), std::out_of_range);
  int calls = 0;
  run({2}, {32}, [&] { ++calls; });
  CHECK(calls == 64);
}

TEST_CASE("bfloat16 is rounded to nearest, ties to even") {
  const auto bits = [](float x) { return __float2bfloat16_rn(x).bits; };
  CHECK(bits(1.0F) == 0x3F80);
  CHECK(bits(1.0F + 0x1p-8F) == 0x3F80);
  CHECK(bits(1.0F + 0x3p-8F) == 0x3F82);
  CHECK(bits(1.0F + 0x1.2p-8F) == 0x3F81);
  CHECK(bits(-3.4e38F) == 0xFF80);
  CHECK(std::isnan(__bfloat162float(__float2bfloat16_rn(NAN))));
  CHECK(__bfloat162float({0xC040}) == -3.0F);
}
