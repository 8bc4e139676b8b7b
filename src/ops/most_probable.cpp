#include "radonc/ops/most_probable.hpp"

#include <ATen/Parallel.h>
#include <torch/types.h>

#include "kernels/most_probable.hpp"

namespace radonc::ops {

MostProbable most_probable(const torch::Tensor& logits) {
  TORCH_CHECK(logits.dim() == 2 && logits.size(1) > 0 && logits.scalar_type() == torch::kFloat32,
              "most_probable: expected float32 logits [N, vocabulary], got ", logits.sizes());
  if (!logits.is_cpu()) {  // only the picks leave the device
    const auto [largest, index] = logits.max(1);
    const auto sum = (logits - largest.unsqueeze(1)).exp().sum(1, /*keepdim=*/false, torch::kFloat64);
    return {.index = index.cpu(), .log_probability = sum.log().neg().cpu()};
  }
  const auto rows = logits.contiguous();
  const std::int64_t count = rows.size(0), vocabulary = rows.size(1);
  MostProbable out{.index = torch::empty(count, torch::kInt64),
                   .log_probability = torch::empty(count, torch::kFloat64)};
  const float* from = rows.const_data_ptr<float>();
  auto* index = out.index.data_ptr<std::int64_t>();
  auto* log_probability = out.log_probability.data_ptr<double>();
  at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row)
      index[row] = kernels::most_probable(from + row * vocabulary, vocabulary, log_probability[row]);
  });
  return out;
}

}  // namespace radonc::ops
