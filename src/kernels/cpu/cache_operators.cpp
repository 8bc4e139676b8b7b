#include <ATen/Parallel.h>
#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <type_traits>
#include <vector>

#include "kernels/cache_tensors.hpp"
#include "kernels/cached_attention.hpp"

namespace radonc::kernels {
namespace {

/// slots and positions [B] of a cache.
struct Places {
  at::Tensor slots, positions;
  const std::int64_t *slot, *position;

  Places(const at::Tensor& their_slots, const at::Tensor& their_positions, const at::Tensor& cache)
      : slots(their_slots.contiguous()),
        positions(their_positions.contiguous()),
        slot(slots.const_data_ptr<std::int64_t>()),
        position(positions.const_data_ptr<std::int64_t>()) {
    for (std::int64_t b = 0; b < slots.size(0); ++b)
      TORCH_CHECK(0 <= slot[b] && slot[b] < cache.size(0) && 0 <= position[b] && position[b] < cache.size(2),
                  "radonc: expected places in a cache of ", cache.size(0), " slots of ", cache.size(2),
                  " positions, got position ", position[b], " of slot ", slot[b]);
  }
};

at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& slots,
                     const at::Tensor& positions, std::int64_t sliding_window) {
  check_cached_attention(q, k, v, slots, positions, sliding_window);
  const std::int64_t sequences = q.size(0), kv_heads = k.size(1), capacity = k.size(2), d = q.size(2);
  const std::int64_t repeats = q.size(1) / kv_heads;
  const bool has_type = q.scalar_type() == at::kFloat || q.scalar_type() == at::kBFloat16;
  if (!has_type || d > kMaxHeadDim || repeats > kMaxSharedHeads)
    return composed_cached_attention(q, k, v, slots, positions, sliding_window);
  const Places places(slots, positions, k);
  const auto queries = q.contiguous(), keys = k.contiguous(), values = v.contiguous();
  auto out = at::empty_like(queries);
  const auto run = [&]<typename T>(T) {
    const auto at_head = [&](const at::Tensor& x, std::int64_t head, std::int64_t rows) {
      return static_cast<T*>(x.data_ptr()) + head * rows * d;
    };
    at::parallel_for(0, sequences * kv_heads, 1, [&](std::int64_t begin, std::int64_t end) {
      std::vector<float> scores(static_cast<std::size_t>(repeats * (capacity + 15)));
      for (std::int64_t head = begin; head < end; ++head) {
        const std::int64_t cached = places.slot[head / kv_heads] * kv_heads + head % kv_heads;
        const std::int64_t last = places.position[head / kv_heads] + 1;
        const std::int64_t first = sliding_window > 0 ? std::max<std::int64_t>(last - sliding_window, 0) : 0;
        const auto attend = [&](const auto& kernel) {
          kernel(at_head(queries, head, repeats), at_head(keys, cached, capacity), at_head(values, cached, capacity),
                 at_head(out, head, repeats), repeats, d, first, last, scores.data());
        };
        if constexpr (std::is_same_v<T, std::uint16_t>)
          attend(dot_attention);
        else
          attend([](auto... its) { cached_attention(its...); });
      }
    });
  };
  if (q.scalar_type() == at::kFloat)
    run(float{});
  else if (has_dot_attention(d))
    run(std::uint16_t{});
  else
    run(BFloat16{});
  return out;
}

void append(at::Tensor& keys, at::Tensor& values, const at::Tensor& k, const at::Tensor& v, const at::Tensor& slots,
            const at::Tensor& positions) {
  check_append_to_cache(keys, values, k, v, slots, positions);
  if (!keys.is_contiguous() || !values.is_contiguous())
    return composed_append_to_cache(keys, values, k, v, slots, positions);
  const Places places(slots, positions, keys);
  const std::int64_t heads = k.size(1), capacity = keys.size(2);
  const auto bytes = static_cast<std::size_t>(k.size(2)) * k.element_size();
  for (const auto& [cache, x] : {std::pair{keys, k.contiguous()}, {values, v.contiguous()}}) {
    const auto* from = static_cast<const std::byte*>(x.const_data_ptr());
    auto* to = static_cast<std::byte*>(cache.data_ptr());
    for (std::int64_t row = 0; row < x.size(0) * heads; ++row) {
      const std::int64_t b = row / heads, head = places.slot[b] * heads + row % heads;
      const std::int64_t place = head * capacity + places.position[b];
      std::memcpy(to + static_cast<std::size_t>(place) * bytes, from + static_cast<std::size_t>(row) * bytes, bytes);
    }
  }
}

}  // namespace

TORCH_LIBRARY_IMPL(radonc, CPU, m) {
  m.impl("cached_attention", attention);
  m.impl("append_to_cache_", append);
}

}  // namespace radonc::kernels
