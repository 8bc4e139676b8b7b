#include "kernels/cuda/adamw.cuh"
#include "kernels/cuda/launch.cuh"

namespace radonc::kernels::device {

template void adamw(const StreamLaunch&, float*, const float*, float*, float*, std::int64_t, const AdamWStep&);

}  // namespace radonc::kernels::device
