#include "kernels/cuda/adamw.cuh"
#include "kernels/cuda/launch.cuh"

namespace radonc::kernels {
namespace device {

template void adamw(const StreamLaunch&, float*, const float*, float*, float*, std::int64_t, const AdamWStep&);

}  // namespace device
}  // namespace radonc::kernels
