// Arrays for the tests of device code on the host, and their comparison.
#pragma once

#include <cuda_bf16.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "kernels/arithmetic.hpp"
#include "kernels/cuda/device.cuh"

namespace radonc::test {

using on_host::Launch;

/// `n` elements between two guards. They start `shift` elements behind a 16-byte boundary, and as NaN.
template <typename T>
class Array {
 public:
  explicit Array(std::int64_t n, std::int64_t shift = 0) : first_(kLine + shift), n_(n) {
    Line line;
    std::fill_n(line.values, kLine, poison());
    lines_.assign(static_cast<std::size_t>((first_ + n) / kLine + 2), line);
  }

  T* data() { return lines_[0].values + first_; }
  const T* data() const { return lines_[0].values + first_; }
  T& operator[](std::int64_t i) { return data()[i]; }
  const T& operator[](std::int64_t i) const { return data()[i]; }
  [[nodiscard]] std::int64_t size() const { return n_; }

  /// Whether nothing was written before or behind the elements.
  [[nodiscard]] bool has_guards() const {
    const T expected = poison();
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(lines_.size()) * kLine; ++i) {
      const bool is_guard = i < first_ || i >= first_ + n_;
      if (is_guard && std::memcmp(lines_[0].values + i, &expected, sizeof(T)) != 0) return false;
    }
    return true;
  }

 private:
  static constexpr std::int64_t kLine = 64;

  struct alignas(64) Line {
    T values[kLine];
  };

  static T poison() {
    if constexpr (std::is_integral_v<T>)
      return 0x7F;
    else
      return kernels::device::rounded<T>(std::numeric_limits<float>::quiet_NaN());
  }

  std::int64_t first_, n_;
  std::vector<Line> lines_;
};

/// Normal deviates.
template <typename T>
Array<T> normal(std::int64_t n, unsigned seed, double deviation = 1, std::int64_t shift = 0) {
  std::mt19937 source(seed);
  std::normal_distribution<float> distribution(0.0F, static_cast<float>(deviation));
  Array<T> array(n, shift);
  for (std::int64_t i = 0; i < n; ++i) array[i] = kernels::device::rounded<T>(distribution(source));
  return array;
}

inline double wide(float x) {
  return x;
}
inline double wide(__nv_bfloat16 x) {
  return __bfloat162float(x);
}

/// The elements as the CPU kernels' types.
inline float* cpu(float* x) {
  return x;
}
inline kernels::BFloat16* cpu(__nv_bfloat16* x) {
  return reinterpret_cast<kernels::BFloat16*>(x);
}
template <typename T>
auto cpu(const T* x) {
  return cpu(const_cast<T*>(x));
}

template <typename T>
std::vector<double> wide(const Array<T>& array) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < array.size(); ++i) values.push_back(wide(array[i]));
  return values;
}

/// The largest error of an element, in units of its rounding plus the error of float32 arithmetic on values of the
/// size of `expected`: below 1 where the code is right, below 2 where `expected` is rounded too. Infinite where an
/// element is NaN or a guard is gone.
template <typename T>
double error(const Array<T>& got, const std::vector<double>& expected) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (!got.has_guards() || got.size() != static_cast<std::int64_t>(expected.size())) return kInfinity;
  double largest = 0, most = 1;
  for (const double value : expected) most = std::max(most, std::abs(value));
  const double rounding = sizeof(T) == 2 ? 1.0 / 256 : 0;
  for (std::int64_t i = 0; i < got.size(); ++i) {
    const double reference = expected[static_cast<std::size_t>(i)], difference = std::abs(wide(got[i]) - reference);
    if (!std::isfinite(difference)) return kInfinity;
    largest = std::max(largest, difference / (rounding * std::abs(reference) + 2e-6 * most));
  }
  return largest;
}

}  // namespace radonc::test
