#include <ATen/ops/empty.h>
#include <torch/library.h>

#include "kernels/cpu/dispatch.hpp"

namespace radonc::kernels {
namespace {

template <typename T>
RADONC_INLINE void all_rows(T* logits, const std::int64_t* labels, float* losses, std::int64_t rows, std::int64_t n,
                            bool gradient) {
  for (std::int64_t r = 0; r < rows; ++r) losses[r] = cross_entropy_row(logits + r * n, n, labels[r], gradient);
}

at::Tensor cross_entropy(at::Tensor& logits, const at::Tensor& labels_in, bool gradient) {
  TORCH_CHECK(logits.dim() == 2 && logits.is_contiguous() && labels_in.dim() == 1 &&
                  labels_in.size(0) == logits.size(0) && labels_in.scalar_type() == at::kLong,
              "radonc::cross_entropy_: expected contiguous logits [N, n] and labels [N] of int64, got ", logits.sizes(),
              " and ", labels_in.sizes(), " of ", labels_in.scalar_type());
  const auto labels = labels_in.contiguous();
  const std::int64_t rows = logits.size(0), n = logits.size(1);
  const auto* label = labels.const_data_ptr<std::int64_t>();
  for (std::int64_t r = 0; r < rows; ++r)
    TORCH_CHECK(label[r] >= 0 && label[r] < n, "radonc::cross_entropy_: label ", label[r], " of row ", r,
                " is outside the vocabulary of ", n);
  auto losses = at::empty({rows}, logits.options().dtype(at::kFloat));
  by_type(logits, "radonc::cross_entropy_", [&]<typename T>(T) {
    const auto run = at_level<all_rows<T>>();
    at::parallel_for(0, rows, 1, [&](std::int64_t begin, std::int64_t end) {
      run(pointer<T>(logits) + begin * n, label + begin, losses.data_ptr<float>() + begin, end - begin, n, gradient);
    });
  });
  return losses;
}

}  // namespace

TORCH_LIBRARY_IMPL(radonc, CPU, m) {
  m.impl("cross_entropy_", cross_entropy);
}

}  // namespace radonc::kernels
