// The tensors of a key-value cache, as radonc's operators take them; see radonc/ops/attention.hpp. Private.
#pragma once

#include <ATen/core/Tensor.h>

namespace radonc::kernels {

/// `rows` [B, ...] and the cache of one new token a sequence.
inline void check_cache(const char* name, const at::Tensor& keys, const at::Tensor& values, const at::Tensor& rows,
                        const at::Tensor& slots, const at::Tensor& positions) {
  TORCH_CHECK(keys.dim() == 4 && values.sizes() == keys.sizes() && rows.dim() == 3 && rows.size(2) == keys.size(3),
              name, ": expected keys and values [slots, kv_heads, capacity, d] and [B, heads, d], got ", keys.sizes(),
              ", ", values.sizes(), " and ", rows.sizes());
  TORCH_CHECK(keys.scalar_type() == rows.scalar_type() && values.scalar_type() == rows.scalar_type() &&
                  keys.device() == rows.device() && values.device() == rows.device(),
              name, ": expected one type on one device, got ", keys.scalar_type(), ", ", values.scalar_type(), " and ",
              rows.scalar_type());
  for (const at::Tensor& places : {slots, positions})
    TORCH_CHECK(places.dim() == 1 && places.size(0) == rows.size(0) && places.scalar_type() == at::kLong &&
                    places.device() == rows.device(),
                name, ": expected int64 slots and positions [", rows.size(0), "] on the cache's device, got ",
                places.scalar_type(), " ", places.sizes());
}

inline void check_cached_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                   const at::Tensor& slots, const at::Tensor& positions, std::int64_t sliding_window) {
  check_cache("radonc::cached_attention", k, v, q, slots, positions);
  TORCH_CHECK(k.size(1) > 0 && q.size(1) % k.size(1) == 0 && sliding_window >= 0,
              "radonc::cached_attention: expected heads that share ", k.size(1), " and a window >= 0, got ", q.size(1),
              " and ", sliding_window);
}

inline void check_append_to_cache(const at::Tensor& keys, const at::Tensor& values, const at::Tensor& k,
                                  const at::Tensor& v, const at::Tensor& slots, const at::Tensor& positions) {
  check_cache("radonc::append_to_cache_", keys, values, k, slots, positions);
  TORCH_CHECK(k.size(1) == keys.size(1) && v.sizes() == k.sizes() && v.scalar_type() == k.scalar_type() &&
                  v.device() == k.device(),
              "radonc::append_to_cache_: expected k and v [B, ", keys.size(1), ", d] of one type, got ", k.sizes(),
              " and ", v.sizes());
}

/// Put together from torch's operators, for what a device has no kernel for. Of checked arguments.
at::Tensor composed_cached_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                     const at::Tensor& slots, const at::Tensor& positions, std::int64_t sliding_window);
void composed_append_to_cache(const at::Tensor& keys, const at::Tensor& values, const at::Tensor& k,
                              const at::Tensor& v, const at::Tensor& slots, const at::Tensor& positions);

}  // namespace radonc::kernels
