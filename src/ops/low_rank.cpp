#include "radonc/ops/low_rank.hpp"

#include <torch/library.h>
#include <torch/types.h>

namespace radonc::ops {
namespace {

torch::Tensor meta_project(const torch::Tensor& x, const torch::Tensor& w, double /*scale*/, double /*p*/,
                           std::int64_t /*seed*/) {
  return at::empty_symint({x.sym_size(0), w.sym_size(0)}, x.options());
}

void meta_add(torch::Tensor& /*y*/, const torch::Tensor& /*low*/, const torch::Tensor& /*w*/, double /*scale*/,
              double /*p*/, std::int64_t /*seed*/) {}

torch::Tensor meta_gradient(const torch::Tensor& low, const torch::Tensor& x, double /*scale*/, double /*p*/,
                            std::int64_t /*seed*/) {
  return at::empty_symint({low.sym_size(1), x.sym_size(1)}, x.options().dtype(torch::kFloat32));
}

}  // namespace

torch::Tensor low_rank_project(const torch::Tensor& x, const torch::Tensor& w, double scale, double p,
                               std::int64_t seed) {
  static const auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("radonc::low_rank_project", "").typed<decltype(meta_project)>();
  const at::AutoDispatchBelowADInplaceOrView below;
  return op.call(x, w, scale, p, seed);
}

void low_rank_add_(torch::Tensor y, const torch::Tensor& low, const torch::Tensor& w, double scale, double p,
                   std::int64_t seed) {
  static const auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("radonc::low_rank_add_", "").typed<decltype(meta_add)>();
  const at::AutoDispatchBelowADInplaceOrView below;
  op.call(y, low, w, scale, p, seed);
}

torch::Tensor low_rank_gradient(const torch::Tensor& low, const torch::Tensor& x, double scale, double p,
                                std::int64_t seed) {
  static const auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("radonc::low_rank_gradient", "").typed<decltype(meta_gradient)>();
  const at::AutoDispatchBelowADInplaceOrView below;
  return op.call(low, x, scale, p, seed);
}

TORCH_LIBRARY_FRAGMENT(radonc, m) {
  m.def("low_rank_project(Tensor x, Tensor w, float scale, float p, int seed) -> Tensor");
  m.def("low_rank_add_(Tensor(a!) y, Tensor low, Tensor w, float scale, float p, int seed) -> ()");
  m.def("low_rank_gradient(Tensor low, Tensor x, float scale, float p, int seed) -> Tensor");
}
TORCH_LIBRARY_IMPL(radonc, Meta, m) {
  m.impl("low_rank_project", meta_project);
  m.impl("low_rank_add_", meta_add);
  m.impl("low_rank_gradient", meta_gradient);
}

}  // namespace radonc::ops
