#include "radonc/ops/rope.hpp"

#include <torch/library.h>
#include <torch/torch.h>

namespace radonc::ops {
namespace {

torch::Tensor call(const torch::Tensor& x, const torch::Tensor& cos, const torch::Tensor& sin) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("radonc::rope", "")
                             .typed<torch::Tensor(const torch::Tensor&, const torch::Tensor&, const torch::Tensor&)>();
  return op.call(x, cos, sin);
}

class Rope : public torch::autograd::Function<Rope> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x,
                               const torch::Tensor& cos, const torch::Tensor& sin) {
    const at::AutoDispatchBelowADInplaceOrView below;
    context->save_for_backward({cos, sin});
    return call(x, cos, sin);
  }

  // A rotation's transpose is the rotation back.
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list grads) {
    const auto saved = context->get_saved_variables();
    return {call(grads[0].contiguous(), saved[0], saved[1].neg()), {}, {}};
  }
};

torch::Tensor autograd(const torch::Tensor& x, const torch::Tensor& cos, const torch::Tensor& sin) {
  return Rope::apply(x, cos, sin);
}

torch::Tensor meta(const torch::Tensor& x, const torch::Tensor& cos, const torch::Tensor& sin) {
  TORCH_CHECK(x.dim() == 3 && cos.dim() == 2 && cos.sym_sizes() == sin.sym_sizes() &&
                  cos.sym_size(0) == x.sym_size(0) && cos.sym_size(1) * 2 == x.sym_size(2),
              "radonc::rope: expected x [T, heads, d] and cos, sin [T, d/2], got ", x.sizes(), ", ", cos.sizes(),
              " and ", sin.sizes());
  TORCH_CHECK(cos.scalar_type() == torch::kFloat32 && sin.scalar_type() == torch::kFloat32,
              "radonc::rope: expected float32 angles, got ", cos.scalar_type());
  return at::empty_symint(x.sym_sizes(), x.options());
}

}  // namespace

std::pair<torch::Tensor, torch::Tensor> rope_angles(const torch::Tensor& positions, std::int64_t head_dim,
                                                    double theta) {
  // The frequencies are float32, as in the reference, so that long positions agree with it to the last bit.
  const auto exponent = torch::arange(0, head_dim, 2, torch::kInt64).to(torch::kFloat32) / head_dim;
  const auto frequency = 1.0 / torch::pow(theta, exponent);
  const auto angle = positions.to(torch::kFloat32).unsqueeze(1) * frequency.to(positions.device()).unsqueeze(0);
  return {angle.cos(), angle.sin()};
}

torch::Tensor rope(const torch::Tensor& x, const torch::Tensor& cos, const torch::Tensor& sin) {
  return call(x, cos, sin);
}

TORCH_LIBRARY_FRAGMENT(radonc, m) {
  m.def("rope(Tensor x, Tensor cos, Tensor sin) -> Tensor");
}
TORCH_LIBRARY_IMPL(radonc, Autograd, m) {
  m.impl("rope", autograd);
}
TORCH_LIBRARY_IMPL(radonc, Meta, m) {
  m.impl("rope", meta);
}

}  // namespace radonc::ops
