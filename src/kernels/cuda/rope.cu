#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/rope.cuh"

namespace radonc::kernels {
namespace device {

template void rope(const StreamLaunch&, const float*, const float*, const float*, float*, std::int64_t, std::int64_t,
                   std::int64_t);
template void rope(const StreamLaunch&, const Bf16*, const float*, const float*, Bf16*, std::int64_t, std::int64_t,
                   std::int64_t);

}  // namespace device
}  // namespace radonc::kernels
