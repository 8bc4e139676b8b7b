#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/nf4.cuh"

namespace radonc::kernels {
namespace device {

template void nf4_quantize(const StreamLaunch&, const float*, std::uint8_t*, float*, std::int64_t);
template void nf4_quantize(const StreamLaunch&, const Bf16*, std::uint8_t*, float*, std::int64_t);
template void nf4_dequantize(const StreamLaunch&, const Nf4Matrix&, float*, std::int64_t);
template void nf4_dequantize(const StreamLaunch&, const Nf4Matrix&, Bf16*, std::int64_t);
template void nf4_gemv(const StreamLaunch&, const Nf4Matrix&, const float*, float*, std::int64_t, std::int64_t,
                       std::int64_t);
template void nf4_gemv(const StreamLaunch&, const Nf4Matrix&, const Bf16*, Bf16*, std::int64_t, std::int64_t,
                       std::int64_t);

}  // namespace device
}  // namespace radonc::kernels
