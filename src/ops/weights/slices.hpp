// Products with a matrix that is converted slice by slice, in the processor's cache. Private.
#pragma once

#include <torch/types.h>

#include <algorithm>
#include <cstdint>

#include "kernels/packed_gemm.hpp"

namespace radonc::ops {

using kernels::Direction;

inline constexpr std::int64_t kSlice = 1 << 20;  // weights: 4 MB in float32

/// x Wᵀ or x W of a W [out, in], in `type`. `fill(begin, slice)` writes W's rows from `begin` on to `slice`, of x's
/// type.
template <typename Fill>
torch::Tensor multiply_by_slices(std::int64_t out, std::int64_t in, Direction direction, const torch::Tensor& x,
                                 torch::ScalarType type, Fill fill) {
  const std::int64_t step = std::min(out, std::max<std::int64_t>(kSlice / std::max<std::int64_t>(in, 1), 1));
  const bool forward = direction == Direction::kForward;
  const auto buffer = torch::empty({step, in}, x.options());
  auto product =
      forward ? torch::empty({x.size(0), out}, x.options().dtype(type)) : torch::zeros({x.size(0), in}, x.options());
  for (std::int64_t begin = 0; begin < out; begin += step) {
    const auto slice = buffer.narrow(0, 0, std::min(step, out - begin));
    fill(begin, slice);
    if (forward)
      product.narrow(1, begin, slice.size(0)).copy_(x.mm(slice.t()));
    else
      product.addmm_(x.narrow(1, begin, slice.size(0)), slice);
  }
  return product.to(type);
}

}  // namespace radonc::ops
