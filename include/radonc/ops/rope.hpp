// Rotary position embedding (Su et al. 2021), in the half-split layout of Hugging Face's LLaMA.
#pragma once

#include <torch/types.h>

#include <utility>

namespace radonc::ops {

/// cos and sin of position · theta^(-2i/d) for i in [0, d/2): each [T, d/2] float32.
std::pair<torch::Tensor, torch::Tensor> rope_angles(const torch::Tensor& positions, std::int64_t head_dim,
                                                    double theta);

/// y[i] = x[i] cos[i] - x[i + d/2] sin[i];  y[i + d/2] = x[i + d/2] cos[i] + x[i] sin[i], for i in [0, d/2)
///   x [T, heads, d] float32 or bfloat16   cos, sin [T, d/2] float32
/// Registered as `radonc::rope`. Throws c10::Error on mismatched shapes or types.
torch::Tensor rope(const torch::Tensor& x, const torch::Tensor& cos, const torch::Tensor& sin);

}  // namespace radonc::ops
