// What the CUDA kernels' ATen wrappers share. Private.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <cstdint>
#include <type_traits>

#include "kernels/cuda/launches.hpp"

namespace radonc::kernels {

/// Calls `body` with the current stream of the tensor's device. Throws c10::Error if a launch fails.
template <typename Body>
void launch_on(const at::Tensor& tensor, Body body) {
  const c10::cuda::CUDAGuard guard(tensor.device());
  body(device::StreamLaunch{c10::cuda::getCurrentCUDAStream().stream()});
  C10_CUDA_KERNEL_LAUNCH_CHECK();
}

/// The same with the tensor's element type, as a std::type_identity.
template <typename Body>
void launch_by_type(const at::Tensor& tensor, const char* name, Body body) {
  launch_on(tensor, [&](const device::StreamLaunch& launch) {
    switch (tensor.scalar_type()) {
      case at::kFloat:
        return body(launch, std::type_identity<float>{});
      case at::kBFloat16:
        return body(launch, std::type_identity<device::Bf16>{});
      default:
        TORCH_CHECK(false, name, ": expected float32 or bfloat16, got ", tensor.scalar_type());
    }
  });
}

template <typename T>
const T* pointer(const at::Tensor& tensor) {
  return static_cast<const T*>(tensor.const_data_ptr());
}
template <typename T>
T* written(const at::Tensor& tensor) {
  return static_cast<T*>(tensor.mutable_data_ptr());
}

/// Whether the tensor starts on a boundary of the widest access, 16 bytes.
inline bool is_aligned(const at::Tensor& tensor) {
  return reinterpret_cast<std::uintptr_t>(tensor.const_data_ptr()) % 16 == 0;
}

/// The tensor itself where it does, else a copy.
inline at::Tensor aligned(const at::Tensor& tensor) {
  return is_aligned(tensor) ? tensor : tensor.clone();
}

}  // namespace radonc::kernels
