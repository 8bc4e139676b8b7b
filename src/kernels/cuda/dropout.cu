#include "kernels/cuda/dropout.cuh"
#include "kernels/cuda/launch.cuh"

namespace radonc::kernels {
namespace device {

template void dropout(const StreamLaunch&, const float*, float*, std::int64_t, const Dropout&);
template void dropout(const StreamLaunch&, const Bf16*, Bf16*, std::int64_t, const Dropout&);

}  // namespace device
}  // namespace radonc::kernels
