#include <ATen/cuda/CUDAContextLight.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include "kernels/cache_tensors.hpp"
#include "kernels/cuda/dispatch.hpp"

namespace radonc::kernels {
namespace {

bool has_type(const at::Tensor& x) {
  return x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16;
}

bool fits(const at::Tensor& cache) {
  return cache.is_contiguous() && is_aligned(cache);
}

at::Tensor cached_attention(const at::Tensor& q_in, const at::Tensor& k, const at::Tensor& v,
                            const at::Tensor& slots_in, const at::Tensor& positions_in, std::int64_t sliding_window) {
  check_cached_attention(q_in, k, v, slots_in, positions_in, sliding_window);
  const device::CacheShape shape = {q_in.size(0), q_in.size(1), k.size(1), k.size(2), q_in.size(2), sliding_window};
  if (!has_type(q_in) || shape.d == 0 || shape.d % 8 != 0 || shape.d > device::kMaxDecodeDim || !fits(k) || !fits(v))
    return composed_cached_attention(q_in, k, v, slots_in, positions_in, sliding_window);
  const auto q = aligned(q_in.contiguous()), slots = slots_in.contiguous(), positions = positions_in.contiguous();
  const std::int64_t splits =
      shape.decode_splits(at::cuda::getDeviceProperties(q.device().index())->multiProcessorCount);
  const auto partial =
      at::empty({splits > 1 ? q.size(0) * q.size(1) * splits * (shape.d + 2) : 0}, q.options().dtype(at::kFloat));
  auto out = at::empty_like(q);
  launch_by_type(q, "radonc::cached_attention", [&]<typename T>(const auto& launch, std::type_identity<T>) {
    device::cached_attention(launch, pointer<T>(q), pointer<T>(k), pointer<T>(v), pointer<std::int64_t>(slots),
                             pointer<std::int64_t>(positions), written<T>(out), written<float>(partial), shape, splits);
  });
  return out;
}

void append_to_cache(at::Tensor& keys, at::Tensor& values, const at::Tensor& k_in, const at::Tensor& v_in,
                     const at::Tensor& slots_in, const at::Tensor& positions_in) {
  check_append_to_cache(keys, values, k_in, v_in, slots_in, positions_in);
  if (!has_type(k_in) || !keys.is_contiguous() || !values.is_contiguous())
    return composed_append_to_cache(keys, values, k_in, v_in, slots_in, positions_in);
  const auto k = k_in.contiguous(), v = v_in.contiguous();
  const auto slots = slots_in.contiguous(), positions = positions_in.contiguous();
  const device::CacheShape shape = {k.size(0), k.size(1), k.size(1), keys.size(2), k.size(2), 0};
  launch_by_type(k, "radonc::append_to_cache_", [&]<typename T>(const auto& launch, std::type_identity<T>) {
    device::append_to_cache(launch, written<T>(keys), written<T>(values), pointer<T>(k), pointer<T>(v),
                            pointer<std::int64_t>(slots), pointer<std::int64_t>(positions), shape);
  });
}

}  // namespace

TORCH_LIBRARY_IMPL(radonc, CUDA, m) {
  m.impl("cached_attention", cached_attention);
  m.impl("append_to_cache_", append_to_cache);
}

}  // namespace radonc::kernels
