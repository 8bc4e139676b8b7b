#include "radonc/ops/frozen_weight.hpp"

#include <torch/types.h>
#include <torch/utils.h>

#include "ops/weights/dense.hpp"
#include "ops/weights/int8.hpp"
#include "ops/weights/nf4.hpp"

namespace radonc::ops {

std::int64_t FrozenWeight::out_features() const {
  return std::visit([](const auto& weight) { return rows_of(weight); }, stored_);
}

std::int64_t FrozenWeight::in_features() const {
  return std::visit([](const auto& weight) { return columns_of(weight); }, stored_);
}

std::int64_t FrozenWeight::num_bytes() const {
  return std::visit([](const auto& weight) { return static_cast<std::int64_t>(bytes_of(weight)); }, stored_);
}

const torch::Tensor& FrozenWeight::storage() const {
  return std::visit([](const auto& weight) -> const torch::Tensor& { return storage_of(weight); }, stored_);
}

torch::Tensor FrozenWeight::dense(torch::ScalarType type) const {
  return std::visit([&](const auto& weight) { return values_of(weight, type); }, stored_);
}

FrozenWeight FrozenWeight::to(const torch::Device& device) const {
  return std::visit([&](const auto& weight) { return FrozenWeight(moved(weight, device)); }, stored_);
}

torch::Tensor FrozenWeight::times_transposed(const torch::Tensor& x) const {
  const torch::NoGradGuard no_gradient;
  return std::visit([&](const auto& weight) { return multiply(weight, Direction::kForward, x); }, stored_);
}

torch::Tensor FrozenWeight::times(const torch::Tensor& y) const {
  const torch::NoGradGuard no_gradient;
  return std::visit([&](const auto& weight) { return multiply(weight, Direction::kBackward, y); }, stored_);
}

}  // namespace radonc::ops
