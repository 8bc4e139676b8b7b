// The arithmetic of the row-wise operators on plain pointers, one row or one element at a time. Private.
//
// Written so that the compiler vectorises it: no branches in the inner loops, bfloat16 as its bits, and an exponential
// that is a polynomial. cpu/at_level.hpp compiles a function for each level of instructions.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels/adamw.hpp"

#define RADONC_INLINE inline __attribute__((always_inline))

namespace radonc::kernels {

struct BFloat16 {
  std::uint16_t bits;
};

RADONC_INLINE float load(const float& x) {
  return x;
}
RADONC_INLINE float load(const BFloat16& x) {
  const std::uint32_t bits = static_cast<std::uint32_t>(x.bits) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
RADONC_INLINE void store(float& out, float value) {
  out = value;
}
RADONC_INLINE void store(BFloat16& out, float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const std::uint32_t rounded = (bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16;  // to nearest, ties to even
  const std::uint32_t quiet = (bits >> 16) | 0x40U;                            // a NaN stays one
  out.bits = static_cast<std::uint16_t>((bits & 0x7FFFFFFFU) > 0x7F800000U ? quiet : rounded);
}

/// exp(x), relative error below 3e-7 for |x| < 87 (Cephes' reduction and polynomial), clamped outside.
RADONC_INLINE float exponential(float x) {
  x = x < -87.0F ? -87.0F : x;
  x = x > 88.0F ? 88.0F : x;
  const float shifted = x * 1.44269504088896341F + 12582912.0F;  // 1.5 · 2²³: rounds to an integer
  const float n = shifted - 12582912.0F;
  const float r = x - n * 0.693359375F + n * 2.12194440e-4F;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  const auto exponent = static_cast<std::uint32_t>(static_cast<std::int32_t>(n) + 127) << 23;
  float power;
  std::memcpy(&power, &exponent, sizeof power);
  return p * power;
}

RADONC_INLINE float sigmoid(float x) {
  return 1.0F / (1.0F + exponential(-x));
}

template <typename T>
RADONC_INLINE float reciprocal_rms(const T* x, std::int64_t n, float eps) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < n; ++i) sum += load(x[i]) * load(x[i]);
  return 1.0F / std::sqrt(sum / static_cast<float>(n) + eps);
}

template <typename T>
RADONC_INLINE void rms_norm_row(const T* x, const T* weight, T* y, std::int64_t n, float eps) {
  const float r = reciprocal_rms(x, n, eps);
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) store(y[i], load(x[i]) * r * load(weight[i]));
}

/// dx = r (g - x r² mean(g x)), with g = dy · weight and r = 1 / rms(x).
template <typename T>
RADONC_INLINE void rms_norm_backward_row(const T* grad, const T* x, const T* weight, T* out, std::int64_t n,
                                         float eps) {
  const float r = reciprocal_rms(x, n, eps);
  float dot = 0;
#pragma omp simd reduction(+ : dot)
  for (std::int64_t i = 0; i < n; ++i) dot += load(grad[i]) * load(weight[i]) * load(x[i]);
  const float c = dot / static_cast<float>(n) * r * r;
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) store(out[i], r * (load(grad[i]) * load(weight[i]) - c * load(x[i])));
}

template <typename T>
RADONC_INLINE void swiglu_range(const T* gate, const T* up, T* y, std::int64_t n) {
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) {
    const float g = load(gate[i]);
    store(y[i], g * sigmoid(g) * load(up[i]));
  }
}

/// d silu(g)/dg = s (1 + g (1 - s)), with s = sigmoid(g).
template <typename T>
RADONC_INLINE void swiglu_backward_range(const T* grad, const T* gate, const T* up, T* gate_grad, T* up_grad,
                                         std::int64_t n) {
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) {
    const float g = load(gate[i]);
    const float s = sigmoid(g);
    const float dy = load(grad[i]);
    store(gate_grad[i], dy * load(up[i]) * s * (1.0F + g * (1.0F - s)));
    store(up_grad[i], dy * g * s);
  }
}

/// The loss of one row of logits; with `gradient` the row becomes softmax - one hot.
template <typename T>
RADONC_INLINE float cross_entropy_row(T* x, std::int64_t n, std::int64_t label, bool gradient) {
  float most = load(x[0]);
#pragma omp simd reduction(max : most)
  for (std::int64_t i = 0; i < n; ++i) most = load(x[i]) > most ? load(x[i]) : most;
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < n; ++i) sum += exponential(load(x[i]) - most);
  const float of_label = load(x[label]) - most;
  if (gradient) {
    const float share = 1.0F / sum;
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) store(x[i], exponential(load(x[i]) - most) * share);
    // From the exact value, not from the one that was rounded: of a sure token little is left.
    store(x[label], exponential(of_label) * share - 1.0F);
  }
  return std::log(sum) - of_label;
}

RADONC_INLINE void adamw_range(float* parameters, const float* gradients, float* first, float* second, std::int64_t n,
                               const AdamWStep& step) {
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) {
    first[i] += step.weight1 * (gradients[i] - first[i]);
    second[i] = step.beta2 * second[i] + step.weight2 * gradients[i] * gradients[i];
    parameters[i] =
        step.decay * parameters[i] - step.rate * first[i] / (step.root * std::sqrt(second[i]) + step.epsilon);
  }
}

/// One head of one token; `half` is d/2.
template <typename T>
RADONC_INLINE void rope_head(const T* x, const float* cos, const float* sin, T* y, std::int64_t half) {
#pragma omp simd
  for (std::int64_t i = 0; i < half; ++i) {
    const float a = load(x[i]);
    const float b = load(x[i + half]);
    store(y[i], a * cos[i] - b * sin[i]);
    store(y[i + half], b * cos[i] + a * sin[i]);
  }
}

}  // namespace radonc::kernels
