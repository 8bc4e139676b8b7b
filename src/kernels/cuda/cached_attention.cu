#include "kernels/cuda/cached_attention.cuh"
#include "kernels/cuda/launch.cuh"

namespace radonc::kernels {
namespace device {

template void cached_attention(const StreamLaunch&, const float*, const float*, const float*, const std::int64_t*,
                               const std::int64_t*, float*, float*, const CacheShape&, std::int64_t);
template void cached_attention(const StreamLaunch&, const Bf16*, const Bf16*, const Bf16*, const std::int64_t*,
                               const std::int64_t*, Bf16*, float*, const CacheShape&, std::int64_t);
template void append_to_cache(const StreamLaunch&, float*, float*, const float*, const float*, const std::int64_t*,
                              const std::int64_t*, const CacheShape&);
template void append_to_cache(const StreamLaunch&, Bf16*, Bf16*, const Bf16*, const Bf16*, const std::int64_t*,
                              const std::int64_t*, const CacheShape&);

}  // namespace device
}  // namespace radonc::kernels
