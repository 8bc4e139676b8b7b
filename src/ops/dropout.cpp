#include "radonc/ops/dropout.hpp"

#include <torch/autograd.h>
#include <torch/library.h>
#include <torch/types.h>

namespace radonc::ops {
namespace {

torch::Tensor call(const torch::Tensor& x, double p, std::int64_t seed) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("radonc::dropout", "")
                             .typed<torch::Tensor(const torch::Tensor&, double, std::int64_t)>();
  return op.call(x, p, seed);
}

class Dropout : public torch::autograd::Function<Dropout> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x, double p,
                               std::int64_t seed) {
    const at::AutoDispatchBelowADInplaceOrView below;
    context->saved_data["p"] = p;
    context->saved_data["seed"] = seed;
    return call(x, p, seed);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list grads) {
    return {
        call(grads[0].contiguous(), context->saved_data["p"].toDouble(), context->saved_data["seed"].toInt()), {}, {}};
  }
};

torch::Tensor autograd(const torch::Tensor& x, double p, std::int64_t seed) {
  return Dropout::apply(x, p, seed);
}

torch::Tensor meta(const torch::Tensor& x, double /*p*/, std::int64_t /*seed*/) {
  return at::empty_symint(x.sym_sizes(), x.options());
}

}  // namespace

torch::Tensor dropout(const torch::Tensor& x, double p, std::int64_t seed) {
  return call(x, p, seed);
}

TORCH_LIBRARY_FRAGMENT(radonc, m) {
  m.def("dropout(Tensor x, float p, int seed) -> Tensor");
}
TORCH_LIBRARY_IMPL(radonc, Autograd, m) {
  m.impl("dropout", autograd);
}
TORCH_LIBRARY_IMPL(radonc, Meta, m) {
  m.impl("dropout", meta);
}

}  // namespace radonc::ops
