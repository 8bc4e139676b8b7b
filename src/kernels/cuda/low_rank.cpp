#include "kernels/low_rank_tensors.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <torch/library.h>

#include "kernels/cuda/dispatch.hpp"

namespace radonc::kernels {
namespace {

using device::Bf16;

/// What the kernels are for: without dropout, torch's own products read x once as well.
bool has_kernel(const at::Tensor& x, std::int64_t rank, double p) {
  return p > 0 && x.scalar_type() == at::kBFloat16 && rank <= device::kMaxLowRank && x.size(1) % 8 == 0;
}

/// w [rank, n] in bfloat16, filled up with zeros to the shape that the kernels read.
at::Tensor padded(const at::Tensor& w) {
  const std::int64_t rows = device::low_rank_rows(w.size(0)), columns = device::low_rank_columns(w.size(1));
  if (w.size(0) == rows && w.size(1) == columns) return w.to(at::kBFloat16).contiguous();
  auto out = at::zeros({rows, columns}, w.options().dtype(at::kBFloat16));
  out.narrow(0, 0, w.size(0)).narrow(1, 0, w.size(1)).copy_(w);
  return out;
}

at::Tensor project(const at::Tensor& x_in, const at::Tensor& w_in, double scale, double p, std::int64_t seed) {
  check_low_rank_project(x_in, w_in, p);
  const std::int64_t rank = w_in.size(0);
  if (!has_kernel(x_in, rank, p)) return composed_low_rank_project(x_in, w_in, scale, p, seed);
  const auto x = aligned(x_in.contiguous()), w = padded(w_in);
  auto out = at::empty({x.size(0), rank}, x.options());
  launch_on(x, [&](const auto& launch) {
    device::low_rank_project(launch, pointer<Bf16>(x), pointer<Bf16>(w), written<Bf16>(out), x.size(0), x.size(1), rank,
                             static_cast<float>(scale), Dropout(p, seed));
  });
  return out;
}

void add(at::Tensor& y, const at::Tensor& low_in, const at::Tensor& w_in, double scale, double p, std::int64_t seed) {
  check_low_rank_add(y, low_in, w_in, p);
  const std::int64_t rank = w_in.size(0);
  if (!has_kernel(y, rank, p) || !y.is_contiguous() || !is_aligned(y))
    return composed_low_rank_add(y, low_in, w_in, scale, p, seed);
  const auto low = aligned(low_in.contiguous()), w = padded(w_in);
  launch_on(y, [&](const auto& launch) {
    device::low_rank_add(launch, pointer<Bf16>(low), pointer<Bf16>(w), written<Bf16>(y), y.size(0), y.size(1), rank,
                         static_cast<float>(scale), Dropout(p, seed));
  });
}

at::Tensor gradient(const at::Tensor& low_in, const at::Tensor& x_in, double scale, double p, std::int64_t seed) {
  check_low_rank_gradient(low_in, x_in, p);
  const std::int64_t rank = low_in.size(1), rows = x_in.size(0), n = x_in.size(1);
  if (!has_kernel(x_in, rank, p)) return composed_low_rank_gradient(low_in, x_in, scale, p, seed);
  const auto x = aligned(x_in.contiguous()), low = aligned(low_in.contiguous());
  const std::int64_t shares = device::low_rank_shares(rows, n);
  auto out = at::empty({rank, n}, x.options().dtype(at::kFloat));
  auto partial = at::empty({shares > 1 ? shares * rank * n : 0}, out.options());
  launch_on(x, [&](const auto& launch) {
    device::low_rank_gradient(launch, pointer<Bf16>(low), pointer<Bf16>(x), written<float>(partial),
                              written<float>(out), rows, n, rank, static_cast<float>(scale), Dropout(p, seed));
  });
  return out;
}

}  // namespace

TORCH_LIBRARY_IMPL(radonc, CUDA, m) {
  m.impl("low_rank_project", project);
  m.impl("low_rank_add_", add);
  m.impl("low_rank_gradient", gradient);
}

}  // namespace radonc::kernels
