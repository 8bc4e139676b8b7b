// Runs CUDA device code on the host: one fiber a thread, one block at a time. Barriers and warp operations switch
// fibers, so that code with shared memory, shuffles and barriers gives what it gives on a GPU. Stricter than a GPU: a
// thread that returns while others wait for it, threads at different barriers, and lanes that disagree about a warp
// operation are errors; and the order of the threads changes from barrier to barrier, which finds missing barriers.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <source_location>
#include <stdexcept>

namespace radonc::test::on_host {

struct Dim {
  unsigned x = 1, y = 1, z = 1;
};

inline constexpr unsigned kWarp = 32;

/// What a GPU would hang on, or leave undefined.
class Error : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Calls `kernel` once for each thread of each block. Throws Error, or what `kernel` throws.
void run(Dim grid, Dim block, const std::function<void()>& kernel);

/// `kernel<<<grid, block>>>(arguments...)`
struct Launch {
  template <typename... Parameters, typename... Arguments>
  void operator()(void (*kernel)(Parameters...), unsigned grid, unsigned block, Arguments... arguments) const {
    run({grid}, {block}, [&] { kernel(arguments...); });
  }
};

// Of the running thread.
inline Dim thread, block, block_size, grid_size;

void barrier(std::source_location where);

/// Waits until every lane in `mask` is here, and gives the values they brought.
const std::array<std::uint64_t, kWarp>& exchange(const char* name, unsigned mask, std::uint64_t value);

/// The lane's number in its warp.
unsigned lane();

template <typename T>
T shuffle(const char* name, unsigned mask, T value, unsigned source) {
  static_assert(sizeof(T) <= sizeof(std::uint64_t));
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  const auto& values = exchange(name, mask, bits);
  if ((mask >> source & 1U) == 0) throw Error(std::string(name) + ": reads a lane that takes no part");
  std::memcpy(&value, &values[source], sizeof value);
  return value;
}

}  // namespace radonc::test::on_host

// The words of CUDA C++ that the kernels use.
#define __global__
#define __device__
#define __shared__ static
#define __grid_constant__
#define __launch_bounds__(...)
#define threadIdx radonc::test::on_host::thread
#define blockIdx radonc::test::on_host::block
#define blockDim radonc::test::on_host::block_size
#define gridDim radonc::test::on_host::grid_size

inline void __syncthreads(std::source_location where = std::source_location::current()) {
  radonc::test::on_host::barrier(where);
}

inline void __syncwarp(unsigned mask = 0xFFFFFFFFU) {
  radonc::test::on_host::exchange("__syncwarp", mask, 0);
}

template <typename T>
T __shfl_sync(unsigned mask, T value, int source) {
  return radonc::test::on_host::shuffle("__shfl_sync", mask, value, static_cast<unsigned>(source) % 32);
}

template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int bits) {
  return radonc::test::on_host::shuffle("__shfl_xor_sync", mask, value,
                                        radonc::test::on_host::lane() ^ static_cast<unsigned>(bits));
}

inline float rsqrtf(float x) {
  return 1.0F / std::sqrt(x);
}

/// Bytes of the two words, those of `a` first: the four whose numbers the selector's last digits are.
inline unsigned __byte_perm(unsigned a, unsigned b, unsigned selector) {
  const std::uint64_t bytes = static_cast<std::uint64_t>(b) << 32 | a;
  unsigned result = 0;
  for (unsigned i = 0; i < 4; ++i) result |= (bytes >> (selector >> (4 * i) & 7U) * 8 & 0xFFU) << (8 * i);
  return result;
}
inline float __uint_as_float(unsigned bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// Rounded one by one: the compiler may not fuse them.
inline float __fmul_rn(float a, float b) {
  return a * b;
}
inline float __fadd_rn(float a, float b) {
  return a + b;
}
