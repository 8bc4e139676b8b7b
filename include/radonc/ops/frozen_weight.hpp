// A weight that training never changes, as it is stored.
#pragma once

#include <torch/types.h>

#include <optional>

#include "radonc/ops/nf4.hpp"

namespace radonc::ops {

/// A frozen matrix [out, in]: dense, or quantised in NF4. Copies share the storage.
class FrozenWeight {
 public:
  FrozenWeight() = default;
  FrozenWeight(torch::Tensor dense) : dense_(std::move(dense)) {}  // NOLINT: a tensor is a weight
  FrozenWeight(Nf4 quantized) : nf4_(std::move(quantized)) {}      // NOLINT

  [[nodiscard]] std::int64_t out_features() const { return nf4_ ? nf4_->rows : dense_.size(0); }
  [[nodiscard]] std::int64_t in_features() const { return nf4_ ? nf4_->columns : dense_.size(1); }
  [[nodiscard]] std::int64_t numel() const { return out_features() * in_features(); }
  [[nodiscard]] std::int64_t num_bytes() const;

  /// The matrix in `type`: the stored tensor itself where it is dense and of that type, else a new one.
  [[nodiscard]] torch::Tensor dense(torch::ScalarType type) const;

  [[nodiscard]] const std::optional<Nf4>& nf4() const { return nf4_; }

 private:
  torch::Tensor dense_;
  std::optional<Nf4> nf4_;
};

}  // namespace radonc::ops
