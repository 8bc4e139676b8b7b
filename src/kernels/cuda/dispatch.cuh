// What the CUDA kernels' ATen wrappers share. Private.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "kernels/cuda/device.cuh"

namespace radonc::kernels {

/// Launches on the current stream.
struct Launch {
  cudaStream_t stream = c10::cuda::getCurrentCUDAStream();

  template <typename... Parameters, typename... Arguments>
  void operator()(void (*kernel)(Parameters...), unsigned blocks, unsigned threads, Arguments... arguments) const {
    kernel<<<blocks, threads, 0, stream>>>(arguments...);
    C10_CUDA_KERNEL_LAUNCH_CHECK();
  }
};

template <typename T>
const T* pointer(const at::Tensor& tensor) {
  return static_cast<const T*>(tensor.const_data_ptr());
}
template <typename T>
T* written(const at::Tensor& tensor) {
  return static_cast<T*>(tensor.mutable_data_ptr());
}

/// The tensor itself where it starts on a boundary of the widest access, else a copy.
inline at::Tensor aligned(const at::Tensor& tensor) {
  return device::are_aligned(tensor.const_data_ptr()) ? tensor : tensor.clone();
}

/// Calls `body` with a value of the tensor's element type.
template <typename Body>
void by_type(const at::Tensor& tensor, const char* name, Body body) {
  switch (tensor.scalar_type()) {
    case at::kFloat:
      return body(float{});
    case at::kBFloat16:
      return body(__nv_bfloat16{});
    default:
      TORCH_CHECK(false, name, ": expected float32 or bfloat16, got ", tensor.scalar_type());
  }
}

}  // namespace radonc::kernels
