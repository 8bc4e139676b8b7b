// x Wᵀ for the few rows that decoding has: the time is that of reading W once, so that its rows are read as they lie,
// without the panels of packed_gemm.hpp. Private.
#pragma once

#include <cstdint>

#include "kernels/packed_gemm.hpp"

namespace radonc::kernels {

/// Rows of x up to which these are faster than the panels, or than torch's product; measured.
inline constexpr std::int64_t kMaxNf4GemvRows = 24;
inline constexpr std::int64_t kMaxInt8GemvRows = 32;
inline constexpr std::int64_t kMaxDenseGemvRows = 16;

/// Whether the processor has what they need: AVX512-BF16, and -VBMI for NF4. int8 needs what w8a8_gemm needs.
bool has_nf4_gemv();
bool has_dense_gemv();

/// The very results of w8a8_gemm.
template <typename Element>
void w8a8_gemv(const Int8View& weight, const Element* x, std::int64_t rows, Element* out);

/// The weights are those of nf4_gemm, rounded to bfloat16 with their scale; the order of the sum is another.
void nf4_gemv(const Nf4View& weight, const std::uint16_t* x, std::int64_t rows, std::uint16_t* out);

/// Products of bfloat16, summed in float32.
void dense_gemv(const DenseView& weight, const std::uint16_t* x, std::int64_t rows, std::uint16_t* out);

}  // namespace radonc::kernels
