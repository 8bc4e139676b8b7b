#include "kernels/int8.hpp"

#include <cmath>

#include "kernels/cpu/at_level.hpp"

namespace radonc::kernels {
namespace {

RADONC_INLINE float largest_of(const float* values, std::int64_t count, float so_far) {
  std::uint32_t most;  // magnitudes order as their bits do, NaN above all
  std::memcpy(&most, &so_far, sizeof most);
  for (std::int64_t i = 0; i < count; ++i) {
    std::uint32_t bits;
    std::memcpy(&bits, values + i, sizeof bits);
    bits &= 0x7FFFFFFFU;
    most = bits > most ? bits : most;
  }
  std::memcpy(&so_far, &most, sizeof most);
  return so_far;
}

RADONC_INLINE void quantize_row(const float* values, std::int64_t count, float scale, std::int8_t* codes) {
  const float factor = scale > 0 ? 1 / scale : 0;
  constexpr float kMagic = 12582912.0F;  // 1.5 · 2²³: what is added to it is rounded to an integer
  for (std::int64_t i = 0; i < count; ++i) {
    float rounded = values[i] * factor + kMagic - kMagic;
    rounded = rounded > 127.0F ? 127.0F : rounded;
    rounded = rounded < -127.0F ? -127.0F : rounded;
    codes[i] = static_cast<std::int8_t>(rounded);
  }
}

}  // namespace

float largest_magnitude(const float* values, std::int64_t count, float so_far) {
  return at_level<largest_of>()(values, count, so_far);
}

void int8_quantize_row(const float* values, std::int64_t count, float scale, std::int8_t* codes) {
  at_level<quantize_row>()(values, count, scale, codes);
}

}  // namespace radonc::kernels
