#include <ATen/ops/arange.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <torch/library.h>

#include "kernels/cache_tensors.hpp"

namespace radonc::kernels {

at::Tensor composed_cached_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                     const at::Tensor& slots, const at::Tensor& positions,
                                     std::int64_t sliding_window) {
  const std::int64_t kv_heads = k.size(1), repeats = q.size(1) / kv_heads;
  const auto place = at::arange(k.size(2), positions.options()).unsqueeze(0);
  auto seen = place.le(positions.unsqueeze(1));
  if (sliding_window > 0) seen = seen.logical_and(place.gt(positions.unsqueeze(1).sub(sliding_window)));
  // The query heads that share a key-value head stand where a longer query would have its positions.
  const auto queries = q.reshape({q.size(0), kv_heads, repeats, q.size(2)});
  return at::scaled_dot_product_attention(queries, k.index_select(0, slots), v.index_select(0, slots),
                                          seen.unsqueeze(1).unsqueeze(1))
      .reshape(q.sizes());
}

void composed_append_to_cache(const at::Tensor& keys, const at::Tensor& values, const at::Tensor& k,
                              const at::Tensor& v, const at::Tensor& slots, const at::Tensor& positions) {
  const c10::List<std::optional<at::Tensor>> places({slots, positions});
  keys.transpose(1, 2).index_put_(places, k);
  values.transpose(1, 2).index_put_(places, v);
}

namespace {

at::Tensor cached_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& slots,
                            const at::Tensor& positions, std::int64_t sliding_window) {
  check_cached_attention(q, k, v, slots, positions, sliding_window);
  return composed_cached_attention(q, k, v, slots, positions, sliding_window);
}

void append_to_cache(at::Tensor& keys, at::Tensor& values, const at::Tensor& k, const at::Tensor& v,
                     const at::Tensor& slots, const at::Tensor& positions) {
  check_append_to_cache(keys, values, k, v, slots, positions);
  composed_append_to_cache(keys, values, k, v, slots, positions);
}

}  // namespace

TORCH_LIBRARY_IMPL(radonc, CompositeExplicitAutograd, m) {
  m.impl("cached_attention", cached_attention);
  m.impl("append_to_cache_", append_to_cache);
}

}  // namespace radonc::kernels
