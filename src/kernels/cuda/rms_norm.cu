#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/rms_norm.cuh"

namespace radonc::kernels {
namespace device {

template void rms_norm(const StreamLaunch&, const float*, const float*, float*, std::int64_t, std::int64_t, float);
template void rms_norm(const StreamLaunch&, const Bf16*, const Bf16*, Bf16*, std::int64_t, std::int64_t, float);
template void rms_norm_backward(const StreamLaunch&, const float*, const float*, const float*, float*, std::int64_t,
                                std::int64_t, float);
template void rms_norm_backward(const StreamLaunch&, const Bf16*, const Bf16*, const Bf16*, Bf16*, std::int64_t,
                                std::int64_t, float);

}  // namespace device
}  // namespace radonc::kernels
