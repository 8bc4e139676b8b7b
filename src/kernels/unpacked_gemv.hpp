// Quantised matrices on any processor: rows unpacked to float32. Private.
#pragma once

#include <cstdint>

#include "kernels/packed_gemm.hpp"

namespace radonc::kernels {

/// Rows [begin, end) of W: out [end - begin, in].
void unpack_rows(const Nf4View& weight, std::int64_t begin, std::int64_t end, float* out);
void unpack_rows(const Int8View& weight, std::int64_t begin, std::int64_t end, float* out);

/// x Wᵀ: x [rows, in], out [rows, out]. Every row of W is unpacked once, in the first cache level, and meets all of x.
template <typename View>
void unpacked_gemv(const View& weight, const float* x, std::int64_t rows, float* out);

}  // namespace radonc::kernels
