#include "kernels/cuda/cross_entropy.cuh"
#include "kernels/cuda/launch.cuh"

namespace radonc::kernels {
namespace device {

template void cross_entropy(const StreamLaunch&, float*, const std::int64_t*, float*, std::int64_t, std::int64_t, bool);
template void cross_entropy(const StreamLaunch&, Bf16*, const std::int64_t*, float*, std::int64_t, std::int64_t, bool);

}  // namespace device
}  // namespace radonc::kernels
