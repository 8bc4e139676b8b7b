// Stands in for the CUDA toolkit's header where device code is compiled for the host: products of 16 × 16 tiles of
// bfloat16, summed in float32. Every lane's fragment holds the whole tile: on a GPU the lanes share it in a way that
// code must not know, and here it cannot. Lanes that do not take part or name different tiles are errors, and so are
// tiles off their boundary. Lanes read and write memory on their own, so that a missing __syncwarp shows.
#pragma once

#include <cuda_bf16.h>

#include <string>

namespace nvcuda {
namespace wmma {

struct matrix_a {};
struct matrix_b {};
struct accumulator {};
struct row_major {};
struct col_major {};
enum layout_t { mem_row_major, mem_col_major };

inline constexpr unsigned kTileSize = 16;

template <typename Use, int kM, int kN, int kK, typename T, typename Layout = void>
struct fragment {
  static_assert(kM == kTileSize && kN == kTileSize && kK == kTileSize);
  float tile[kTileSize][kTileSize];
};

template <typename Use, typename T, typename Layout = void>
using Fragment = fragment<Use, kTileSize, kTileSize, kTileSize, T, Layout>;

/// Waits for the warp, which must name one tile, on the boundary that the hardware wants.
inline void meet(const char* name, const void* memory, std::size_t stride_bytes) {
  using namespace radonc::test::on_host;
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  const auto& addresses = exchange(name, 0xFFFFFFFFU, address);
  for (const std::uint64_t other : addresses)
    if (other != address) throw Error(std::string(name) + ": lanes name different tiles");
  if (address % 32 != 0 || stride_bytes % 16 != 0)
    throw Error(std::string(name) + ": a tile off the boundary of 32 bytes, or its rows off that of 16");
}

template <typename Use, typename T, typename Layout>
void fill_fragment(Fragment<Use, T, Layout>& to, float value) {
  for (auto& row : to.tile) std::fill(row, row + kTileSize, value);
}

template <typename Use, typename Layout>
void load_matrix_sync(Fragment<Use, __nv_bfloat16, Layout>& to, const __nv_bfloat16* from, unsigned stride) {
  constexpr bool kByRows = std::is_same_v<Layout, row_major>;
  for (unsigned row = 0; row < kTileSize; ++row)
    for (unsigned column = 0; column < kTileSize; ++column)
      to.tile[row][column] = __bfloat162float(from[kByRows ? row * stride + column : column * stride + row]);
  meet("load_matrix_sync", from, stride * sizeof *from);
}

inline void store_matrix_sync(float* to, const Fragment<accumulator, float>& from, unsigned stride, layout_t layout) {
  meet("store_matrix_sync", to, stride * sizeof *to);
  constexpr unsigned kLanes = radonc::test::on_host::kWarp;
  for (unsigned i = radonc::test::on_host::lane(); i < kTileSize * kTileSize; i += kLanes) {
    const unsigned row = i / kTileSize, column = i % kTileSize;
    to[layout == mem_row_major ? row * stride + column : column * stride + row] = from.tile[row][column];
  }
}

/// d = a b + c
template <typename LayoutA, typename LayoutB>
void mma_sync(Fragment<accumulator, float>& d, const Fragment<matrix_a, __nv_bfloat16, LayoutA>& a,
              const Fragment<matrix_b, __nv_bfloat16, LayoutB>& b, const Fragment<accumulator, float>& c) {
  radonc::test::on_host::exchange("mma_sync", 0xFFFFFFFFU, 0);
  for (unsigned row = 0; row < kTileSize; ++row) {
    float sums[kTileSize];
    std::copy_n(c.tile[row], kTileSize, sums);
    for (unsigned k = 0; k < kTileSize; ++k)
      for (unsigned column = 0; column < kTileSize; ++column) sums[column] += a.tile[row][k] * b.tile[k][column];
    std::copy_n(sums, kTileSize, d.tile[row]);
  }
}

}  // namespace wmma
}  // namespace nvcuda
