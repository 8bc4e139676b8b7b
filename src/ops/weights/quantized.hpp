// The products of the quantised kinds of frozen weights. Private.
#pragma once

#include <ATen/Parallel.h>
#include <torch/types.h>

#include "kernels/levels.hpp"
#include "kernels/unpacked_gemv.hpp"
#include "ops/weights/dense.hpp"
#include "ops/weights/slices.hpp"

namespace radonc::ops {

inline constexpr std::int64_t kGrainRows = 16;         // of W, for a thread
inline constexpr std::int64_t kMaxDeviceGemvRows = 8;  // of x, for which a GPU reads the codes as they are

/// x Wᵀ on any processor, for few rows: x [T, in] float32.
template <typename View>
torch::Tensor multiply_by_rows(const View& view, const torch::Tensor& x) {
  const torch::Tensor rows = x.contiguous();
  const torch::Tensor out = torch::empty({x.size(0), view.out}, x.options());
  kernels::unpacked_gemv(view, rows.const_data_ptr<float>(), x.size(0), out.data_ptr<float>());
  return out;
}

/// Rows of W from `begin` on, as many as `slice` [rows, in] float32 has.
template <typename View>
void unpack(const View& view, std::int64_t begin, const torch::Tensor& slice) {
  auto* out = slice.data_ptr<float>();
  at::parallel_for(0, slice.size(0), kGrainRows, [&](std::int64_t first, std::int64_t last) {
    kernels::unpack_rows(view, begin + first, begin + last, out + first * view.in);
  });
}

/// x Wᵀ or x W. A kind of quantised weight has, beside what a dense one has,
///   has_kernel(weight, type)                        for x of that type on the CPU, and
///   run_kernel(weight, direction, x, out)           its kernels, by the number of rows;
///   are_rows_apart(weight)                          whether no block of weights lies in two rows;
///   few_rows_on_device(weight, x)                   its operator where x is not on the CPU;
///   view_of(weight)                                 what kernels::unpack_rows takes.
template <typename Quantized>
torch::Tensor multiply_quantized(const Quantized& weight, Direction direction, const torch::Tensor& x) {
  const bool forward = direction == Direction::kForward;
  const auto type = x.scalar_type();
  if (x.is_cpu() && has_kernel(weight, type)) {
    const auto out = torch::empty({x.size(0), forward ? rows_of(weight) : columns_of(weight)}, x.options());
    run_kernel(weight, direction, x.contiguous(), out);
    return out;
  }
  const bool are_apart = are_rows_apart(weight);
  if (forward && !x.is_cpu() && are_apart && x.size(0) <= kMaxDeviceGemvRows) return few_rows_on_device(weight, x);
  if (!x.is_cpu() || !are_apart) return multiply_same_type(values_of(weight, type), direction, x);
  const auto rows = x.to(torch::kFloat32);
  const auto view = view_of(weight);
  if (forward && x.size(0) <= kernels::level_kernels().max_unpacked_gemv_rows)
    return multiply_by_rows(view, rows).to(type);
  return multiply_by_slices(view.out, view.in, direction, rows, type,
                            [&](std::int64_t begin, const torch::Tensor& slice) { unpack(view, begin, slice); });
}

}  // namespace radonc::ops
