#include "radonc/ops/cross_entropy.hpp"

#include <torch/autograd.h>
#include <torch/library.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "radonc/ops/frozen_weight.hpp"

namespace radonc::ops {
namespace {

torch::Tensor call_kernel(torch::Tensor& logits, const torch::Tensor& labels, bool gradient) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("radonc::cross_entropy_", "")
                             .typed<torch::Tensor(torch::Tensor&, const torch::Tensor&, bool)>();
  return op.call(logits, labels, gradient);
}

torch::Tensor meta(torch::Tensor& logits, const torch::Tensor& /*labels*/, bool /*gradient*/) {
  return at::empty_symint({logits.sym_size(0)}, logits.options().dtype(torch::kFloat32));
}

/// Rows of logits held at a time: 128 rows of a vocabulary of 50,000 in bfloat16 are 13 MB. A GPU needs more rows to be
/// busy, and has no cache that they would have to fit into.
std::int64_t chunk_rows(const torch::Tensor& hidden) {
  return hidden.is_cpu() ? 128 : 1024;
}

class LinearCrossEntropy : public torch::autograd::Function<LinearCrossEntropy> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& hidden,
                               const torch::Tensor& weight, const torch::Tensor& labels, bool needs_gradient,
                               bool trains_weight) {
    auto loss = torch::zeros({}, hidden.options().dtype(torch::kFloat32));
    const FrozenWeight head(weight);
    torch::Tensor gradient = needs_gradient ? torch::empty_like(hidden) : torch::Tensor();
    torch::Tensor weight_gradient = trains_weight ? torch::zeros_like(weight) : torch::Tensor();
    const std::int64_t chunk = chunk_rows(hidden);
    for (std::int64_t begin = 0; begin < hidden.size(0); begin += chunk) {
      const std::int64_t end = std::min(begin + chunk, hidden.size(0));
      auto logits = head.times_transposed(hidden.slice(0, begin, end));
      loss += call_kernel(logits, labels.slice(0, begin, end), needs_gradient || trains_weight).sum();
      if (!needs_gradient && !trains_weight) continue;
      const auto& difference = logits;  // softmax - one hot
      if (needs_gradient) gradient.slice(0, begin, end).copy_(head.times(difference));
      if (trains_weight) weight_gradient.addmm_(difference.t(), hidden.slice(0, begin, end));
    }
    context->save_for_backward({gradient, weight_gradient});
    return loss;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list grads) {
    const auto saved = context->get_saved_variables();
    const auto scaled = [&](const torch::Tensor& gradient) {
      return gradient.defined() ? gradient * grads[0].to(gradient.scalar_type()) : gradient;
    };
    return {scaled(saved[0]), scaled(saved[1]), {}, {}, {}};
  }
};

}  // namespace

torch::Tensor linear_cross_entropy(const torch::Tensor& hidden, const torch::Tensor& weight,
                                   const torch::Tensor& labels) {
  TORCH_CHECK(hidden.dim() == 2 && weight.dim() == 2 && labels.dim() == 1 && hidden.size(1) == weight.size(1) &&
                  hidden.size(0) == labels.size(0),
              "linear_cross_entropy: expected hidden [N, n], weight [vocabulary, n] and labels [N], got ",
              hidden.sizes(), ", ", weight.sizes(), " and ", labels.sizes());
  const bool records = torch::GradMode::is_enabled();
  return LinearCrossEntropy::apply(hidden, weight, labels, records && hidden.requires_grad(),
                                   records && weight.requires_grad());
}

TORCH_LIBRARY_FRAGMENT(radonc, m) {
  m.def("cross_entropy_(Tensor(a!) logits, Tensor labels, bool gradient) -> Tensor");
}
TORCH_LIBRARY_IMPL(radonc, Meta, m) {
  m.impl("cross_entropy_", meta);
}

}  // namespace radonc::ops
