#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/low_rank.cuh"

namespace radonc::kernels {
namespace device {

template void low_rank_project(const StreamLaunch&, const Bf16*, const Bf16*, Bf16*, std::int64_t, std::int64_t,
                               std::int64_t, float, const Dropout&);
template void low_rank_add(const StreamLaunch&, const Bf16*, const Bf16*, Bf16*, std::int64_t, std::int64_t,
                           std::int64_t, float, const Dropout&);
template void low_rank_gradient(const StreamLaunch&, const Bf16*, const Bf16*, float*, float*, std::int64_t,
                                std::int64_t, std::int64_t, float, const Dropout&);

}  // namespace device
}  // namespace radonc::kernels
