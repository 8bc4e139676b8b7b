#include <torch/library.h>
#include <torch/types.h>

#include "radonc/ops/attention.hpp"

namespace radonc::ops {
namespace {

torch::Tensor meta(const torch::Tensor& q, const torch::Tensor& /*k*/, const torch::Tensor& /*v*/,
                   const torch::Tensor& /*slots*/, const torch::Tensor& /*positions*/,
                   std::int64_t /*sliding_window*/) {
  return at::empty_symint(q.sym_sizes(), q.options());
}

void meta_append(torch::Tensor& /*keys*/, torch::Tensor& /*values*/, const torch::Tensor& /*k*/,
                 const torch::Tensor& /*v*/, const torch::Tensor& /*slots*/, const torch::Tensor& /*positions*/) {}

}  // namespace

torch::Tensor cached_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                               const torch::Tensor& slots, const torch::Tensor& positions,
                               std::int64_t sliding_window) {
  static const auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("radonc::cached_attention", "").typed<decltype(meta)>();
  return op.call(q, k, v, slots, positions, sliding_window);
}

void append_to_cache(torch::Tensor keys, torch::Tensor values, const torch::Tensor& k, const torch::Tensor& v,
                     const torch::Tensor& slots, const torch::Tensor& positions) {
  static const auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("radonc::append_to_cache_", "").typed<decltype(meta_append)>();
  op.call(keys, values, k, v, slots, positions);
}

TORCH_LIBRARY_FRAGMENT(radonc, m) {
  m.def("cached_attention(Tensor q, Tensor k, Tensor v, Tensor slots, Tensor positions, int sliding_window) -> Tensor");
  m.def(
      "append_to_cache_(Tensor(a!) keys, Tensor(b!) values, Tensor k, Tensor v, Tensor slots, Tensor positions) -> ()");
}
TORCH_LIBRARY_IMPL(radonc, Meta, m) {
  m.impl("cached_attention", meta);
  m.impl("append_to_cache_", meta_append);
}

}  // namespace radonc::ops
