#include "radonc/ops/lora_linear.hpp"

#include <torch/custom_class.h>
#include <torch/torch.h>

#include "kernels/low_rank.hpp"

namespace radonc::ops {
namespace {

/// What the backward pass needs besides tensors.
struct Kept : torch::CustomClassHolder {
  explicit Kept(FrozenWeight held, Recompute again = {}) : weight(std::move(held)), x_again(std::move(again)) {}
  FrozenWeight weight;
  Recompute x_again;
};

void keep(torch::autograd::AutogradContext* context, const FrozenWeight& weight, const Recompute& x_again = {}) {
  context->saved_data["kept"] = c10::IValue::make_capsule(c10::make_intrusive<Kept>(weight, x_again));
}

c10::intrusive_ptr<Kept> kept(torch::autograd::AutogradContext* context) {
  return c10::static_intrusive_pointer_cast<Kept>(context->saved_data["kept"].toCapsule());
}

bool has_kernel(const torch::Tensor& x) {
  return x.is_cpu() && x.scalar_type() == torch::kBFloat16 && x.is_contiguous() && kernels::has_low_rank();
}

const std::uint16_t* words(const torch::Tensor& x) {
  return static_cast<const std::uint16_t*>(x.const_data_ptr());
}

/// scale · x [T, n] Wᵀ, where w [rank, n] is in float32: [T, rank] in x's type
torch::Tensor project(const torch::Tensor& x, const torch::Tensor& w, double scale) {
  const auto own = w.to(x.scalar_type()).contiguous();
  if (!has_kernel(x)) return scale == 1 ? x.mm(own.t()) : x.mm(own.t()).mul_(scale);
  auto low = torch::empty({x.size(0), w.size(0)}, x.options());
  kernels::low_rank_project(words(x), words(own), x.size(0), x.size(1), w.size(0), static_cast<float>(scale),
                            static_cast<std::uint16_t*>(low.data_ptr()));
  return low;
}

/// y [T, n] += scale · low [T, rank] W
void add_product(const torch::Tensor& y, const torch::Tensor& low, const torch::Tensor& w, double scale) {
  const auto own = w.to(y.scalar_type()).contiguous();
  if (!has_kernel(y)) {
    torch::Tensor(y).addmm_(low, own, /*beta=*/1, scale);
    return;
  }
  kernels::low_rank_add(words(low), words(own), y.size(0), y.size(1), low.size(1), static_cast<float>(scale),
                        static_cast<std::uint16_t*>(y.data_ptr()));
}

/// scale · lowᵀ x: [rank, n] float32
torch::Tensor gradient(const torch::Tensor& low, const torch::Tensor& x, double scale) {
  if (!has_kernel(x)) return low.t().mm(x).to(torch::kFloat32).mul_(scale);
  auto out = torch::empty({low.size(1), x.size(1)}, x.options().dtype(torch::kFloat32));
  kernels::low_rank_gradient(words(low), words(x), x.size(0), x.size(1), low.size(1), static_cast<float>(scale),
                             out.data_ptr<float>());
  return out;
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

class LoraLinear : public torch::autograd::Function<LoraLinear> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x,
                               const FrozenWeight& weight, const torch::Tensor& a, const torch::Tensor& b,
                               const std::optional<torch::Tensor>& keep_mask, double scale, const Recompute& x_again) {
    const auto low = project(keep_mask ? x * *keep_mask : x.contiguous(), a, 1);  // [T, rank]
    auto y = weight.times_transposed(x);
    add_product(y, low, b.t(), scale);
    keep(context, weight, x_again);
    context->save_for_backward({x_again ? torch::Tensor() : x, a, b, keep_mask.value_or(torch::Tensor()), low});
    context->saved_data["scale"] = scale;
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list grads) {
    const auto saved = context->get_saved_variables();
    const auto held = kept(context);
    const auto x = held->x_again ? held->x_again() : saved[0];
    const auto &a = saved[1], &b = saved[2], &keep_mask = saved[3], &low = saved[4];
    const double scale = context->saved_data["scale"].toDouble();
    const auto grad = grads[0].contiguous();
    const auto grad_low = project(grad, b.t(), scale);  // [T, rank]
    const auto seen = keep_mask.defined() ? x * keep_mask : x.contiguous();
    const auto grad_a = gradient(grad_low, seen, 1);
    const auto grad_b = gradient(low, grad, scale).t();
    torch::Tensor grad_x;
    if (context->needs_input_grad(0)) {
      grad_x = held->weight.times(grad);
      if (keep_mask.defined()) {
        auto dropped = torch::zeros_like(grad_x);
        add_product(dropped, grad_low, a, 1);
        grad_x.add_(dropped.mul_(keep_mask));
      } else {
        add_product(grad_x, grad_low, a, 1);
      }
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
                          const std::optional<torch::Tensor>& keep_mask) {
  const auto type = x.scalar_type();
  const auto gain = (update.magnitude / adapted_norms(weight, update)).to(type);
  const auto seen = keep_mask ? x * *keep_mask : x;
  const auto low = seen.mm(update.a.to(type).t()).mm(update.b.to(type).t()) * update.scale;
  const auto base = FrozenLinear::apply(x, weight);
  if (!keep_mask) return gain * (base + low);
  return base + (gain - 1) * FrozenLinear::apply(seen, weight) + gain * low;  // as PEFT: only the change is dropped out
}

/// 1 / (1 - dropout) where an input is kept, 0 elsewhere. bernoulli_ would draw other numbers where it uses MKL.
torch::Tensor dropout_mask(const torch::Tensor& x, double dropout, const at::Generator& generator) {
  const double keep = 1 - dropout;
  const auto draws = torch::empty(x.sizes(), x.options().dtype(torch::kFloat64).requires_grad(false));
  return (draws.uniform_(0, 1, generator) < keep).to(x.scalar_type()).div_(keep);
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
  std::optional<torch::Tensor> keep_mask;
  if (generator && update->dropout > 0) keep_mask = dropout_mask(x, update->dropout, *generator);
  auto y = update->magnitude.defined()
               ? dora_linear(x, weight, *update, keep_mask)
               : LoraLinear::apply(x, weight, update->a, update->b, keep_mask, update->scale, x_again);
  if (update->start_a.defined()) {
    const auto seen = keep_mask ? x * *keep_mask : x;
    y = y - seen.mm(update->start_a.to(type).t()).mm(update->start_b.to(type).t()) * update->scale;
  }
  if (update->b_bias.defined()) y = y + (update->b_bias * update->scale).to(type);
  return with_bias(y);
}

}  // namespace radonc::ops
