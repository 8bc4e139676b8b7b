#include "radonc/ops/lora_linear.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/autograd.h>
#include <torch/custom_class.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "radonc/ops/dropout.hpp"
#include "radonc/ops/low_rank.hpp"

namespace radonc::ops {
namespace {

/// What is done to the update's input.
struct Dropped {
  double p = 0;
  std::int64_t seed = 0;

  [[nodiscard]] torch::Tensor operator()(const torch::Tensor& x) const { return p > 0 ? dropout(x, p, seed) : x; }
};

/// What the backward pass needs besides tensors.
struct Kept : torch::CustomClassHolder {
  explicit Kept(FrozenWeight held, const Dropped& of_x = {}, Recompute again = {})
      : weight(std::move(held)), dropped(of_x), x_again(std::move(again)) {}
  FrozenWeight weight;
  Dropped dropped;
  Recompute x_again;
};

void keep(torch::autograd::AutogradContext* context, const FrozenWeight& weight, const Dropped& dropped = {},
          const Recompute& x_again = {}) {
  context->saved_data["kept"] = c10::IValue::make_capsule(c10::make_intrusive<Kept>(weight, dropped, x_again));
}

c10::intrusive_ptr<Kept> kept(torch::autograd::AutogradContext* context) {
  return c10::static_intrusive_pointer_cast<Kept>(context->saved_data["kept"].toCapsule());
}

class FrozenLinear : public torch::autograd::Function<FrozenLinear> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x,
                               const FrozenWeight& weight) {
    keep(context, weight);
    return weight.times_transposed(x);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list grads) {
    return {kept(context)->weight.times(grads[0].contiguous()), {}};
  }
};

/// y = x Wᵀ + scale · dropped(x) Aᵀ Bᵀ, and the product with Aᵀ, which the backward pass needs.
std::pair<torch::Tensor, torch::Tensor> adapted(const torch::Tensor& x, const FrozenWeight& weight,
                                                const torch::Tensor& a, const torch::Tensor& b, const Dropped& dropped,
                                                double scale) {
  auto low = low_rank_project(x, a, 1, dropped.p, dropped.seed);  // [T, rank]
  auto y = weight.times_transposed(x);
  low_rank_add_(y, low, b.t(), scale);
  return {std::move(y), std::move(low)};
}

class LoraLinear : public torch::autograd::Function<LoraLinear> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x,
                               const FrozenWeight& weight, const torch::Tensor& a, const torch::Tensor& b,
                               const Dropped& dropped, double scale, const Recompute& x_again) {
    const auto [y, low] = adapted(x, weight, a, b, dropped, scale);
    keep(context, weight, dropped, x_again);
    context->save_for_backward({x_again ? torch::Tensor() : x, a, b, low});
    context->saved_data["scale"] = scale;
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list grads) {
    const auto saved = context->get_saved_variables();
    const auto held = kept(context);
    const auto x = held->x_again ? held->x_again() : saved[0];
    const auto &a = saved[1], &b = saved[2], &low = saved[3];
    const double scale = context->saved_data["scale"].toDouble();
    const auto grad = grads[0].contiguous();
    const auto& dropped = held->dropped;
    const auto grad_low = low_rank_project(grad, b.t(), scale);  // [T, rank]
    const auto grad_a = low_rank_gradient(grad_low, x, 1, dropped.p, dropped.seed);
    const auto grad_b = low_rank_gradient(low, grad, scale).t();
    torch::Tensor grad_x;
    if (context->needs_input_grad(0)) {
      grad_x = held->weight.times(grad);
      low_rank_add_(grad_x, grad_low, a, 1, dropped.p, dropped.seed);
    }
    return {grad_x, {}, grad_a, grad_b, {}, {}, {}};
  }
};

/// Lengths of the rows of W + scale · B A: |w|² + 2 scale (W Aᵀ)·b + scale² b (A Aᵀ) bᵀ, row by row.
torch::Tensor adapted_norms(const FrozenWeight& weight, const LowRankUpdate& update) {
  const torch::NoGradGuard no_gradient;
  const auto a = update.a.detach(), b = update.b.detach();
  const auto cross = weight.dense(torch::kFloat32).mm(a.t()).mul_(b).sum(1);
  const auto square = b.mm(a.mm(a.t())).mul_(b).sum(1);
  return (update.squared_norms + 2 * update.scale * cross + update.scale * update.scale * square).clamp_min(0).sqrt();
}

torch::Tensor dora_linear(const torch::Tensor& x, const FrozenWeight& weight, const LowRankUpdate& update,
                          const Dropped& dropped) {
  const auto type = x.scalar_type();
  const auto gain = (update.magnitude / adapted_norms(weight, update)).to(type);
  const auto seen = dropped(x);
  const auto low = seen.mm(update.a.to(type).t()).mm(update.b.to(type).t()) * update.scale;
  const auto base = FrozenLinear::apply(x, weight);
  if (dropped.p == 0) return gain * (base + low);
  return base + (gain - 1) * FrozenLinear::apply(seen, weight) + gain * low;  // as PEFT: only the change is dropped out
}

std::int64_t draw(at::Generator generator) {
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return static_cast<std::int64_t>(at::check_generator<at::CPUGeneratorImpl>(generator)->random64());
}

}  // namespace

torch::Tensor LowRankUpdate::apply_to(const torch::Tensor& weight) const {
  const torch::NoGradGuard no_gradient;
  auto adapted = torch::addmm(weight, b.detach(), a.detach(), /*beta=*/1, /*alpha=*/scale);
  if (start_a.defined()) adapted.addmm_(start_b, start_a, /*beta=*/1, /*alpha=*/-scale);
  if (magnitude.defined()) adapted.mul_((magnitude.detach() / adapted.norm(2, 1)).unsqueeze(1));
  return adapted;
}

torch::Tensor lora_linear(const torch::Tensor& x, const FrozenWeight& weight, const torch::Tensor& bias,
                          const std::optional<LowRankUpdate>& update, const std::optional<at::Generator>& generator,
                          const Recompute& x_again) {
  const auto type = x.scalar_type();
  const auto with_bias = [&](const torch::Tensor& y) { return bias.defined() ? y + bias.to(type) : y; };
  if (!update) {
    const bool has_gradient = torch::GradMode::is_enabled() && x.requires_grad();
    return with_bias(has_gradient ? FrozenLinear::apply(x, weight) : weight.times_transposed(x));
  }
  Dropped dropped;
  if (generator && update->dropout > 0) dropped = {.p = update->dropout, .seed = draw(*generator)};
  auto y = update->magnitude.defined() ? dora_linear(x, weight, *update, dropped)
           : !torch::GradMode::is_enabled()
               ? adapted(x, weight, update->a, update->b, dropped, update->scale).first
               : LoraLinear::apply(x, weight, update->a, update->b, dropped, update->scale, x_again);
  if (update->start_a.defined()) {
    y = y - dropped(x).mm(update->start_a.to(type).t()).mm(update->start_b.to(type).t()) * update->scale;
  }
  if (update->b_bias.defined()) y = y + (update->b_bias * update->scale).to(type);
  return with_bias(y);
}

}  // namespace radonc::ops
