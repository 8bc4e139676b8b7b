// The products of a low-rank update with many rows in bfloat16. Their other side is a few columns wide: what counts is
// to read the rows once. Only where level_kernels().has_bfloat16. Private.
#pragma once

#include <cstdint>

namespace radonc::kernels {

/// out [rows, rank] = factor · x [rows, n] · W [rank, n]ᵀ. W in float32 is rounded to bfloat16 each time that it meets
/// rows of x: for few of them.
void low_rank_project(const std::uint16_t* x, const std::uint16_t* w, std::int64_t rows, std::int64_t n,
                      std::int64_t rank, float factor, std::uint16_t* out);
void low_rank_project(const std::uint16_t* x, const float* w, std::int64_t rows, std::int64_t n, std::int64_t rank,
                      float factor, std::uint16_t* out);

/// y [rows, n] += factor · low [rows, rank] · W, rounded once. W [rank, n], or its transpose [n, rank], is in float32
/// and rounded to bfloat16 here.
void low_rank_add(const std::uint16_t* low, const float* w, bool is_transposed, std::int64_t rows, std::int64_t n,
                  std::int64_t rank, float factor, std::uint16_t* y);

/// out [rank, n] = factor · low [rows, rank]ᵀ · x [rows, n]
void low_rank_gradient(const std::uint16_t* low, const std::uint16_t* x, std::int64_t rows, std::int64_t n,
                       std::int64_t rank, float factor, float* out);

}  // namespace radonc::kernels
