#include "radonc/ops/swiglu.hpp"

#include <torch/autograd.h>
#include <torch/library.h>
#include <torch/types.h>

namespace radonc::ops {
namespace {

torch::Tensor call_forward(const torch::Tensor& gate, const torch::Tensor& up) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("radonc::swiglu", "")
                             .typed<torch::Tensor(const torch::Tensor&, const torch::Tensor&)>();
  return op.call(gate, up);
}

std::tuple<torch::Tensor, torch::Tensor> call_backward(const torch::Tensor& grad, const torch::Tensor& gate,
                                                       const torch::Tensor& up) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("radonc::swiglu_backward", "")
                             .typed<std::tuple<torch::Tensor, torch::Tensor>(const torch::Tensor&, const torch::Tensor&,
                                                                             const torch::Tensor&)>();
  return op.call(grad, gate, up);
}

class SwiGlu : public torch::autograd::Function<SwiGlu> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& gate,
                               const torch::Tensor& up) {
    const at::AutoDispatchBelowADInplaceOrView below;
    context->save_for_backward({gate, up});
    return call_forward(gate, up);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list grads) {
    const auto saved = context->get_saved_variables();
    auto [gate_grad, up_grad] = call_backward(grads[0].contiguous(), saved[0], saved[1]);
    return {gate_grad, up_grad};
  }
};

torch::Tensor autograd(const torch::Tensor& gate, const torch::Tensor& up) {
  return SwiGlu::apply(gate, up);
}

torch::Tensor meta(const torch::Tensor& gate, const torch::Tensor& up) {
  TORCH_CHECK(gate.sym_sizes() == up.sym_sizes() && gate.scalar_type() == up.scalar_type(),
              "radonc::swiglu: expected gate and up of one shape and type, got ", gate.sizes(), " ", gate.scalar_type(),
              " and ", up.sizes(), " ", up.scalar_type());
  return at::empty_symint(gate.sym_sizes(), gate.options());
}

std::tuple<torch::Tensor, torch::Tensor> meta_backward(const torch::Tensor& /*grad*/, const torch::Tensor& gate,
                                                       const torch::Tensor& up) {
  return {meta(gate, up), meta(gate, up)};
}

}  // namespace

torch::Tensor swiglu(const torch::Tensor& gate, const torch::Tensor& up) {
  return call_forward(gate, up);
}

TORCH_LIBRARY_FRAGMENT(radonc, m) {
  m.def("swiglu(Tensor gate, Tensor up) -> Tensor");
  m.def("swiglu_backward(Tensor grad, Tensor gate, Tensor up) -> (Tensor, Tensor)");
}
TORCH_LIBRARY_IMPL(radonc, Autograd, m) {
  m.impl("swiglu", autograd);
}
TORCH_LIBRARY_IMPL(radonc, Meta, m) {
  m.impl("swiglu", meta);
  m.impl("swiglu_backward", meta_backward);
}

}  // namespace radonc::ops
