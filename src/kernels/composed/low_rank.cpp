#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/mm.h>
#include <torch/library.h>

#include "kernels/low_rank_tensors.hpp"

namespace radonc::kernels {

at::Tensor dropped(const at::Tensor& x, double p, std::int64_t seed) {
  if (p == 0) return x;
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("radonc::dropout", "")
                             .typed<at::Tensor(const at::Tensor&, double, std::int64_t)>();
  return op.call(x, p, seed);
}

at::Tensor composed_low_rank_project(const at::Tensor& x, const at::Tensor& w, double scale, double p,
                                     std::int64_t seed) {
  const auto out = dropped(x, p, seed).mm(w.to(x.scalar_type()).contiguous().t());
  return scale == 1 ? out : out.mul_(scale);
}

void composed_low_rank_add(const at::Tensor& y, const at::Tensor& low, const at::Tensor& w, double scale, double p,
                           std::int64_t seed) {
  const auto own = w.to(y.scalar_type());
  if (p == 0) {
    y.addmm_(low, own, /*beta=*/1, scale);
    return;
  }
  const auto update = low.mm(own);
  y.add_(dropped(scale == 1 ? update : update.mul_(scale), p, seed));
}

at::Tensor composed_low_rank_gradient(const at::Tensor& low, const at::Tensor& x, double scale, double p,
                                      std::int64_t seed) {
  return low.t().mm(dropped(x, p, seed)).to(at::kFloat).mul_(scale);
}

namespace {

at::Tensor project(const at::Tensor& x, const at::Tensor& w, double scale, double p, std::int64_t seed) {
  check_low_rank_project(x, w, p);
  return composed_low_rank_project(x, w, scale, p, seed);
}

void add(at::Tensor& y, const at::Tensor& low, const at::Tensor& w, double scale, double p, std::int64_t seed) {
  check_low_rank_add(y, low, w, p);
  composed_low_rank_add(y, low, w, scale, p, seed);
}

at::Tensor gradient(const at::Tensor& low, const at::Tensor& x, double scale, double p, std::int64_t seed) {
  check_low_rank_gradient(low, x, p);
  return composed_low_rank_gradient(low, x, scale, p, seed);
}

}  // namespace

TORCH_LIBRARY_IMPL(radonc, CompositeExplicitAutograd, m) {
  m.impl("low_rank_project", project);
  m.impl("low_rank_add_", add);
  m.impl("low_rank_gradient", gradient);
}

}  // namespace radonc::kernels
