#include "radonc/ops/frozen_weight.hpp"

#include <torch/torch.h>

namespace radonc::ops {

std::int64_t FrozenWeight::num_bytes() const {
  if (!nf4_) return static_cast<std::int64_t>(dense_.nbytes());
  std::size_t bytes = nf4_->codes.nbytes() + nf4_->absmax.nbytes();
  if (nf4_->is_double_quantized()) bytes += nf4_->nested_absmax.nbytes() + nf4_->nested_map.nbytes();
  return static_cast<std::int64_t>(bytes);
}

torch::Tensor FrozenWeight::dense(torch::ScalarType type) const {
  return nf4_ ? nf4_dequantize(*nf4_, type) : dense_.to(type);
}

}  // namespace radonc::ops
