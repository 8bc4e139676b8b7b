// A step of AdamW; see radonc/ops/adamw.hpp. Private.
#pragma once

#include <cmath>
#include <cstdint>

namespace radonc::kernels {

/// m += weight1 (g - m);  v = beta2 v + weight2 g²;  p = decay p - rate m / (root √v + epsilon)
struct AdamWStep {
  float decay, weight1, beta2, weight2, rate, root, epsilon;
};

inline AdamWStep adamw_step(std::int64_t step, double learning_rate, double beta1, double beta2, double epsilon,
                            double weight_decay) {
  const auto t = static_cast<double>(step);
  return {.decay = static_cast<float>(1 - learning_rate * weight_decay),
          .weight1 = static_cast<float>(1 - beta1),
          .beta2 = static_cast<float>(beta2),
          .weight2 = static_cast<float>(1 - beta2),
          .rate = static_cast<float>(learning_rate / (1 - std::pow(beta1, t))),
          .root = static_cast<float>(1 / std::sqrt(1 - std::pow(beta2, t))),
          .epsilon = static_cast<float>(epsilon)};
}

}  // namespace radonc::kernels
