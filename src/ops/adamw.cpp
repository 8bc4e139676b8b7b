#include "radonc/ops/adamw.hpp"

#include <torch/library.h>
#include <torch/types.h>

namespace radonc::ops {
namespace {

void meta(torch::Tensor& /*parameters*/, const torch::Tensor& /*gradients*/, torch::Tensor& /*first*/,
          torch::Tensor& /*second*/, std::int64_t /*step*/, double /*learning_rate*/, double /*beta1*/,
          double /*beta2*/, double /*epsilon*/, double /*weight_decay*/) {}

}  // namespace

void adamw_(torch::Tensor parameters, const torch::Tensor& gradients, torch::Tensor first, torch::Tensor second,
            std::int64_t step, const AdamWOptions& options) {
  static const auto op = c10::Dispatcher::singleton().findSchemaOrThrow("radonc::adamw_", "").typed<decltype(meta)>();
  op.call(parameters, gradients, first, second, step, options.learning_rate, options.beta1, options.beta2,
          options.epsilon, options.weight_decay);
}

TORCH_LIBRARY_FRAGMENT(radonc, m) {
  m.def(
      "adamw_(Tensor(a!) parameters, Tensor gradients, Tensor(b!) first, Tensor(c!) second, int step, "
      "float learning_rate, float beta1, float beta2, float epsilon, float weight_decay) -> ()");
}
TORCH_LIBRARY_IMPL(radonc, Meta, m) {
  m.impl("adamw_", meta);
}

}  // namespace radonc::ops
