#include <ATen/ops/empty.h>
#include <torch/library.h>

#include "kernels/cuda/dispatch.hpp"

namespace radonc::kernels {
namespace {

at::Tensor cross_entropy(at::Tensor& logits, const at::Tensor& labels_in, bool gradient) {
  TORCH_CHECK(logits.dim() == 2 && logits.is_contiguous() && labels_in.dim() == 1 &&
                  labels_in.size(0) == logits.size(0) && labels_in.scalar_type() == at::kLong &&
                  labels_in.device() == logits.device(),
              "radonc::cross_entropy_: expected contiguous logits [N, n] and labels [N] of int64 on one device, got ",
              logits.sizes(), " and ", labels_in.sizes(), " of ", labels_in.scalar_type());
  const auto labels = labels_in.contiguous();
  auto losses = at::empty({logits.size(0)}, logits.options().dtype(at::kFloat));
  launch_by_type(logits, "radonc::cross_entropy_", [&]<typename T>(const auto& launch, std::type_identity<T>) {
    device::cross_entropy(launch, written<T>(logits), pointer<std::int64_t>(labels), written<float>(losses),
                          logits.size(0), logits.size(1), gradient);
  });
  return losses;
}

}  // namespace

TORCH_LIBRARY_IMPL(radonc, CUDA, m) {
  m.impl("cross_entropy_", cross_entropy);
}

}  // namespace radonc::kernels
