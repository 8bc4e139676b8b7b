// Comparisons of what an adapter trains, part by part.
#pragma once

#include <torch/types.h>

#include <algorithm>
#include <vector>

#include "radonc/lora/lora.hpp"
#include "support/tensors.hpp"

namespace radonc::test {

/// The largest relative_difference of a trained tensor's part (A, B, a magnitude, a bias …) of the flat vectors `a` and
/// `b`, laid out as `adapter.parameters`: each part is measured by its own size, so that a small one counts as much.
inline double relative_difference(const torch::Tensor& a, const torch::Tensor& b, const lora::Adapter& adapter) {
  std::vector<torch::Tensor> parts;
  for (const auto& update : adapter.updates)
    for (const auto& part : {update.a, update.b, update.b_bias, update.magnitude})
      if (part.defined()) parts.push_back(part);
  for (const auto* whole : {&adapter.biases, &adapter.saved_modules})
    for (const auto& [name, part] : *whole) parts.push_back(part);
  double largest = 0;
  std::int64_t compared = 0;
  for (const torch::Tensor& part : parts) {
    const std::int64_t begin = part.storage_offset() - adapter.parameters.storage_offset();
    const auto of = [&](const torch::Tensor& flat) { return flat.narrow(0, begin, part.numel()); };
    largest = std::max(largest, relative_difference(of(a), of(b)));
    compared += part.numel();
  }
  return compared == adapter.num_parameters() ? largest : 1e30;
}

}  // namespace radonc::test
