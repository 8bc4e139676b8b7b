#include "radonc/ops/lora_linear.hpp"

#include <torch/torch.h>

namespace radonc::ops {
namespace {

class LoraLinear : public torch::autograd::Function<LoraLinear> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x,
                               const torch::Tensor& weight, const torch::Tensor& a, const torch::Tensor& b,
                               const std::optional<torch::Tensor>& keep, double scale) {
    const auto type = x.scalar_type();
    const auto seen = keep ? x * *keep : x;
    const auto low = seen.mm(a.to(type).t());  // [T, rank]
    auto y = x.mm(weight.t());
    y.addmm_(low, b.to(type).t(), /*beta=*/1, /*alpha=*/scale);
    context->save_for_backward({x, weight, a, b, keep.value_or(torch::Tensor()), low});
    context->saved_data["scale"] = scale;
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list grads) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &weight = saved[1], &a = saved[2], &b = saved[3], &keep = saved[4], &low = saved[5];
    const double scale = context->saved_data["scale"].toDouble();
    const auto type = x.scalar_type();
    const auto grad = grads[0].contiguous();
    const auto grad_low = grad.mm(b.to(type)).mul_(scale);  // [T, rank]
    const auto seen = keep.defined() ? x * keep : x;
    const auto grad_a = grad_low.t().mm(seen).to(a.scalar_type());
    const auto grad_b = grad.t().mm(low).mul_(scale).to(b.scalar_type());
    torch::Tensor grad_x;
    if (context->needs_input_grad(0)) {
      grad_x = grad.mm(weight);
      if (keep.defined()) {
        grad_x.add_(grad_low.mm(a.to(type)).mul_(keep));
      } else {
        grad_x.addmm_(grad_low, a.to(type));
      }
    }
    return {grad_x, {}, grad_a, grad_b, {}, {}};
  }
};

}  // namespace

torch::Tensor lora_linear(const torch::Tensor& x, const torch::Tensor& weight,
                          const std::optional<LowRankUpdate>& update, const std::optional<at::Generator>& generator) {
  if (!update) return x.matmul(weight.t());
  std::optional<torch::Tensor> keep;
  if (generator && update->dropout > 0) {
    keep = torch::empty_like(x).bernoulli_(1 - update->dropout, generator).div_(1 - update->dropout);
  }
  return LoraLinear::apply(x, weight, update->a, update->b, keep, update->scale);
}

}  // namespace radonc::ops
