#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/swiglu.cuh"

namespace radonc::kernels {
namespace device {

template void swiglu(const StreamLaunch&, const float*, const float*, float*, std::int64_t);
template void swiglu(const StreamLaunch&, const Bf16*, const Bf16*, Bf16*, std::int64_t);
template void swiglu_backward(const StreamLaunch&, const float*, const float*, const float*, float*, float*,
                              std::int64_t);
template void swiglu_backward(const StreamLaunch&, const Bf16*, const Bf16*, const Bf16*, Bf16*, Bf16*, std::int64_t);

}  // namespace device
}  // namespace radonc::kernels
