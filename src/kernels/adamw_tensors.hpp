// The tensors of a step of AdamW; see radonc/ops/adamw.hpp. Private.
#pragma once

#include <ATen/core/Tensor.h>

namespace radonc::kernels {

inline void check_adamw(const at::Tensor& parameters, const at::Tensor& gradients, const at::Tensor& first,
                        const at::Tensor& second) {
  for (const at::Tensor& tensor : {parameters, gradients, first, second}) {
    TORCH_CHECK(tensor.scalar_type() == at::kFloat, "radonc::adamw_: expected float32, got ", tensor.scalar_type());
    TORCH_CHECK(
        tensor.sizes() == parameters.sizes() && tensor.is_contiguous() && tensor.device() == parameters.device(),
        "radonc::adamw_: expected contiguous tensors of one shape on one device, got ", parameters.sizes(), " and ",
        tensor.sizes());
  }
}

}  // namespace radonc::kernels
