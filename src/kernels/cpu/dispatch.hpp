// What the CPU kernels' ATen wrappers share. Private.
#pragma once

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>

#include "kernels/cpu/at_level.hpp"

namespace radonc::kernels {

/// Rows of at least this many elements in all make one thread's share.
inline constexpr std::int64_t kGrain = 16384;

inline std::int64_t grain_rows(std::int64_t row_length) {
  return row_length <= 0 ? 1 : (kGrain + row_length - 1) / row_length;
}

template <typename T>
T* pointer(const at::Tensor& tensor) {
  return static_cast<T*>(tensor.data_ptr());
}

/// Calls `body` with a value of the tensor's element type.
template <typename Body>
void by_type(const at::Tensor& tensor, const char* name, Body body) {
  switch (tensor.scalar_type()) {
    case at::kFloat:
      return body(float{});
    case at::kBFloat16:
      return body(BFloat16{});
    default:
      TORCH_CHECK(false, name, ": expected float32 or bfloat16, got ", tensor.scalar_type());
  }
}

}  // namespace radonc::kernels
