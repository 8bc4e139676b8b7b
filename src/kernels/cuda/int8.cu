#include "kernels/cuda/int8.cuh"
#include "kernels/cuda/launch.cuh"

namespace radonc::kernels {
namespace device {

template void int8_dequantize(const StreamLaunch&, const std::int8_t*, const float*, float*, std::int64_t,
                              std::int64_t);
template void int8_dequantize(const StreamLaunch&, const std::int8_t*, const float*, Bf16*, std::int64_t, std::int64_t);
template void int8_gemv(const StreamLaunch&, const std::int8_t*, const float*, const float*, float*, std::int64_t,
                        std::int64_t, std::int64_t);
template void int8_gemv(const StreamLaunch&, const std::int8_t*, const float*, const Bf16*, Bf16*, std::int64_t,
                        std::int64_t, std::int64_t);

}  // namespace device
}  // namespace radonc::kernels
