// The gated unit of the LLaMA family's MLP (Shazeer 2020).
#pragma once

#include <torch/types.h>

#include "radonc/core/export.hpp"

namespace radonc::ops {

/// y = gate · sigmoid(gate) · up, in float32 whatever the storage.
///   gate, up [..., n] float32 or bfloat16, contiguous
/// Registered as `radonc::swiglu`. Throws c10::Error on mismatched shapes or types.
RADONC_API torch::Tensor swiglu(const torch::Tensor& gate, const torch::Tensor& up);

}  // namespace radonc::ops
