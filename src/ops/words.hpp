// The memory of bfloat16 tensors on the CPU, as the kernels take it. Private.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace radonc::ops {

inline const std::uint16_t* words(const torch::Tensor& x) {
  return static_cast<const std::uint16_t*>(x.const_data_ptr());
}

inline std::uint16_t* written(const torch::Tensor& x) {
  return static_cast<std::uint16_t*>(x.data_ptr());
}

}  // namespace radonc::ops
