#include "radonc/ops/rms_norm.hpp"

#include <torch/autograd.h>
#include <torch/library.h>
#include <torch/types.h>

namespace radonc::ops {
namespace {

torch::Tensor call_forward(const torch::Tensor& x, const torch::Tensor& weight, double eps) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("radonc::rms_norm", "")
                             .typed<torch::Tensor(const torch::Tensor&, const torch::Tensor&, double)>();
  return op.call(x, weight, eps);
}

torch::Tensor call_backward(const torch::Tensor& grad, const torch::Tensor& x, const torch::Tensor& weight,
                            double eps) {
  static const auto op =
      c10::Dispatcher::singleton()
          .findSchemaOrThrow("radonc::rms_norm_backward", "")
          .typed<torch::Tensor(const torch::Tensor&, const torch::Tensor&, const torch::Tensor&, double)>();
  return op.call(grad, x, weight, eps);
}

class RmsNorm : public torch::autograd::Function<RmsNorm> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x,
                               const torch::Tensor& weight, double eps) {
    TORCH_CHECK(!weight.requires_grad(), "radonc::rms_norm: the weight is frozen, got one that requires a gradient");
    const at::AutoDispatchBelowADInplaceOrView below;
    context->save_for_backward({x, weight});
    context->saved_data["eps"] = eps;
    return call_forward(x, weight, eps);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list grads) {
    const auto saved = context->get_saved_variables();
    return {call_backward(grads[0].contiguous(), saved[0], saved[1], context->saved_data["eps"].toDouble()), {}, {}};
  }
};

torch::Tensor autograd(const torch::Tensor& x, const torch::Tensor& weight, double eps) {
  return RmsNorm::apply(x, weight, eps);
}

torch::Tensor meta(const torch::Tensor& x, const torch::Tensor& weight, double /*eps*/) {
  TORCH_CHECK(weight.dim() == 1 && x.dim() >= 1 && x.sym_size(-1) == weight.sym_size(0),
              "radonc::rms_norm: expected x [..., n] and weight [n], got ", x.sizes(), " and ", weight.sizes());
  TORCH_CHECK(x.scalar_type() == weight.scalar_type(), "radonc::rms_norm: expected one type, got ", x.scalar_type(),
              " and ", weight.scalar_type());
  return at::empty_symint(x.sym_sizes(), x.options());
}

torch::Tensor meta_backward(const torch::Tensor& /*grad*/, const torch::Tensor& x, const torch::Tensor& weight,
                            double eps) {
  return meta(x, weight, eps);
}

}  // namespace

torch::Tensor rms_norm(const torch::Tensor& x, const torch::Tensor& weight, double eps) {
  return call_forward(x, weight, eps);
}

TORCH_LIBRARY_FRAGMENT(radonc, m) {
  m.def("rms_norm(Tensor x, Tensor weight, float eps) -> Tensor");
  m.def("rms_norm_backward(Tensor grad, Tensor x, Tensor weight, float eps) -> Tensor");
}
TORCH_LIBRARY_IMPL(radonc, Autograd, m) {
  m.impl("rms_norm", autograd);
}
TORCH_LIBRARY_IMPL(radonc, Meta, m) {
  m.impl("rms_norm", meta);
  m.impl("rms_norm_backward", meta_backward);
}

}  // namespace radonc::ops
