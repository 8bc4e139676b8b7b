// The token that greedy decoding takes.
#pragma once

#include <torch/types.h>

#include "radonc/core/export.hpp"

namespace radonc::ops {

/// One entry a row of logits, on the CPU whatever their device.
struct RADONC_API MostProbable {
  torch::Tensor index;            ///< [N] int64, of the largest logit, the first one of equals
  torch::Tensor log_probability;  ///< [N] float64, its log softmax
};

/// Of logits [N, vocabulary], float32, vocabulary > 0.
RADONC_API MostProbable most_probable(const torch::Tensor& logits);

}  // namespace radonc::ops
