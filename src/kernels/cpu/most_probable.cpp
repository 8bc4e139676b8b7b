#include "kernels/most_probable.hpp"

#include <algorithm>
#include <limits>

#include "kernels/cpu/at_level.hpp"

namespace radonc::kernels {
namespace {

RADONC_INLINE std::int64_t find(const float* logits, std::int64_t count, double& log_probability) {
  float largest = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : largest)
  for (std::int64_t i = 0; i < count; ++i) largest = logits[i] > largest ? logits[i] : largest;
  constexpr std::int64_t kPart = 4096;  // summed in float32; a vocabulary of small terms would lose digits
  double sum = 0;
  for (std::int64_t begin = 0; begin < count; begin += kPart) {
    const std::int64_t end = std::min(begin + kPart, count);
    float part = 0;
#pragma omp simd reduction(+ : part)
    for (std::int64_t i = begin; i < end; ++i) part += exponential(logits[i] - largest);
    sum += part;
  }
  log_probability = -std::log(sum);
  const float* place = std::find(logits, logits + count, largest);
  return place == logits + count ? 0 : place - logits;
}

}  // namespace

std::int64_t most_probable(const float* logits, std::int64_t count, double& log_probability) {
  return at_level<find>()(logits, count, log_probability);
}

}  // namespace radonc::kernels
