#include "radonc/ops/rope.hpp"

#include <torch/autograd.h>
#include <torch/library.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <numbers>

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

torch::Tensor llama3_frequencies(const torch::Tensor& frequency, const RopeScaling& s) {
  const double trained = s.original_max_position_embeddings;
  const auto wavelength = 2 * std::numbers::pi / frequency;
  const auto smooth = (trained / wavelength - s.low_freq_factor) / (s.high_freq_factor - s.low_freq_factor);
  const auto slow = wavelength > trained / s.low_freq_factor, fast = wavelength < trained / s.high_freq_factor;
  const auto between = (1 - smooth) * frequency / s.factor + smooth * frequency;
  return torch::where(slow, frequency / s.factor, torch::where(fast, frequency, between));
}

/// `stretched` is what interpolated positions would have. The ramp runs over the pairs, from beta_fast to beta_slow
/// rotations within the trained positions.
torch::Tensor yarn_frequencies(const torch::Tensor& frequency, const torch::Tensor& stretched, double theta,
                               const RopeScaling& s) {
  const auto pairs = frequency.size(0);
  const auto d = static_cast<double>(2 * pairs);
  const auto dimension = [&](double rotations) {
    return d * std::log(s.original_max_position_embeddings / (rotations * 2 * std::numbers::pi)) /
           (2 * std::log(theta));
  };
  double low = dimension(s.beta_fast), high = dimension(s.beta_slow);
  if (s.truncate) low = std::floor(low), high = std::ceil(high);
  low = std::max(low, 0.0), high = std::min(high, d - 1);
  if (low == high) high += 0.001;  // no division by zero
  const auto ramp = ((torch::arange(pairs, torch::kFloat32) - low) / (high - low)).clamp(0, 1);
  const auto kept = 1 - ramp;
  return stretched * (1 - kept) + frequency * kept;
}

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

torch::Tensor rope_frequencies(std::int64_t head_dim, double theta, const RopeScaling& scaling, std::int64_t length) {
  using Type = RopeScaling::Type;
  const double trained = scaling.original_max_position_embeddings;
  if (scaling.type == Type::kDynamic && static_cast<double>(length) > trained) {
    const auto d = static_cast<double>(head_dim);
    theta *= std::pow(scaling.factor * static_cast<double>(length) / trained - (scaling.factor - 1), d / (d - 2));
  }
  // The frequencies are float32, as in the reference, so that long positions agree with it to the last bit.
  const auto exponent = torch::arange(0, head_dim, 2, torch::kInt64).to(torch::kFloat32) / head_dim;
  const auto powers = torch::pow(theta, exponent);
  const auto frequency = 1.0 / powers;
  switch (scaling.type) {
    case Type::kNone:
    case Type::kDynamic:
      return frequency;
    case Type::kLinear:
      return frequency / scaling.factor;
    case Type::kFactors:
      return frequency / torch::tensor(scaling.factors);
    case Type::kLlama3:
      return llama3_frequencies(frequency, scaling);
    case Type::kYarn:
      return yarn_frequencies(frequency, 1.0 / (scaling.factor * powers), theta, scaling);
  }
  return frequency;
}

std::pair<torch::Tensor, torch::Tensor> rope_angles(const torch::Tensor& positions, const torch::Tensor& frequencies,
                                                    double factor) {
  const auto angle = positions.to(torch::kFloat32).unsqueeze(1) * frequencies.unsqueeze(0);
  if (factor == 1) return {angle.cos(), angle.sin()};
  return {angle.cos() * factor, angle.sin() * factor};
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
