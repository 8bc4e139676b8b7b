// Every launch with every type, so that nvcc alone, without torch, compiles every kernel; see cuda_report.py.
#include "kernels/cuda/adamw.cuh"
#include "kernels/cuda/cross_entropy.cuh"
#include "kernels/cuda/int8.cuh"
#include "kernels/cuda/nf4.cuh"
#include "kernels/cuda/rms_norm.cuh"
#include "kernels/cuda/rope.cuh"
#include "kernels/cuda/swiglu.cuh"

namespace radonc::kernels {
namespace device {

struct Launch {
  template <typename... Parameters, typename... Arguments>
  void operator()(void (*kernel)(Parameters...), unsigned blocks, unsigned threads, Arguments... arguments) const {
    kernel<<<blocks, threads>>>(arguments...);
  }
};

using Float = float;
using Bf16 = __nv_bfloat16;
using Index = std::int64_t;

template void rms_norm(const Launch&, const Float*, const Float*, Float*, Index, Index, float);
template void rms_norm(const Launch&, const Bf16*, const Bf16*, Bf16*, Index, Index, float);
template void rms_norm_backward(const Launch&, const Float*, const Float*, const Float*, Float*, Index, Index, float);
template void rms_norm_backward(const Launch&, const Bf16*, const Bf16*, const Bf16*, Bf16*, Index, Index, float);
template void swiglu(const Launch&, const Float*, const Float*, Float*, Index);
template void swiglu(const Launch&, const Bf16*, const Bf16*, Bf16*, Index);
template void swiglu_backward(const Launch&, const Float*, const Float*, const Float*, Float*, Float*, Index);
template void swiglu_backward(const Launch&, const Bf16*, const Bf16*, const Bf16*, Bf16*, Bf16*, Index);
template void rope(const Launch&, const Float*, const float*, const float*, Float*, Index, Index, Index);
template void rope(const Launch&, const Bf16*, const float*, const float*, Bf16*, Index, Index, Index);
template void cross_entropy(const Launch&, Float*, const Index*, float*, Index, Index, bool);
template void cross_entropy(const Launch&, Bf16*, const Index*, float*, Index, Index, bool);
template void nf4_dequantize(const Launch&, const Nf4Matrix&, Float*, Index);
template void nf4_dequantize(const Launch&, const Nf4Matrix&, Bf16*, Index);
template void nf4_gemv(const Launch&, const Nf4Matrix&, const Float*, Float*, Index, Index, Index);
template void nf4_gemv(const Launch&, const Nf4Matrix&, const Bf16*, Bf16*, Index, Index, Index);
template void int8_dequantize(const Launch&, const std::int8_t*, const float*, Float*, Index, Index);
template void int8_dequantize(const Launch&, const std::int8_t*, const float*, Bf16*, Index, Index);
template void adamw(const Launch&, float*, const float*, float*, float*, Index, const AdamWStep&);

}  // namespace device
}  // namespace radonc::kernels
