// Attention of packed sequences put together from torch's operators: for devices and types without a kernel of radonc's
// own. Private.
#pragma once

#include <torch/types.h>

#include "radonc/ops/attention.hpp"

namespace radonc::ops {

/// packed_attention of checked arguments. On a GPU, in 16 bits, one call of torch's flash attention serves all spans.
torch::Tensor composed_packed_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                        const PackedSpans& packed, std::int64_t sliding_window);

}  // namespace radonc::ops
