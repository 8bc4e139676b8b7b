// x Wᵀ for the few rows that decoding has: the time is that of reading W once, so that its rows are read as they lie,
// without the panels of packed_gemm.hpp. levels.hpp says up to how many rows they are the faster ones. Private.
#pragma once

#include <cstdint>

#include "kernels/packed_gemm.hpp"

namespace radonc::kernels {

/// Only where level_kernels().has_int8. The very results of w8a8_gemm.
template <typename Element>
void w8a8_gemv(const Int8View& weight, const Element* x, std::int64_t rows, Element* out);

/// Only where level_kernels().has_bfloat16. The weights are those of nf4_gemm, rounded to bfloat16 with their scale;
/// the order of the sum is another.
void nf4_gemv(const Nf4View& weight, const std::uint16_t* x, std::int64_t rows, std::uint16_t* out);

/// Only where level_kernels().has_bfloat16. Products of bfloat16, summed in float32.
void dense_gemv(const DenseView& weight, const std::uint16_t* x, std::int64_t rows, std::uint16_t* out);

}  // namespace radonc::kernels
