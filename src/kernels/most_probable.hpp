// The largest of a row of logits; see radonc/ops/most_probable.hpp. Private.
#pragma once

#include <cstdint>

namespace radonc::kernels {

/// Gives the index of the largest value and its log softmax.
std::int64_t most_probable(const float* logits, std::int64_t count, double& log_probability);

}  // namespace radonc::kernels
