// Rows of weights in int8; see radonc/ops/int8.hpp. Private.
#pragma once

#include <cstdint>

namespace radonc::kernels {

/// The largest |value|; NaN if there is one.
float largest_magnitude(const float* values, std::int64_t count, float so_far);

/// codes = values / scale, rounded to the nearest; 0 where the scale is 0.
void int8_quantize_row(const float* values, std::int64_t count, float scale, std::int8_t* codes);

}  // namespace radonc::kernels
