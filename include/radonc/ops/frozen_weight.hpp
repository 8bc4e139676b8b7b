// A weight that training never changes, as it is stored.
#pragma once

#include <torch/types.h>

#include <variant>

#include "radonc/core/export.hpp"
#include "radonc/ops/int8.hpp"
#include "radonc/ops/nf4.hpp"

namespace radonc::ops {

/// A frozen matrix W [out, in]: dense, or quantised in NF4 or int8. Copies share the storage.
class RADONC_API FrozenWeight {
 public:
  FrozenWeight() = default;
  FrozenWeight(torch::Tensor dense) : stored_(std::move(dense)) {}  // NOLINT: a tensor is a weight
  FrozenWeight(Nf4 quantized) : stored_(std::move(quantized)) {}    // NOLINT
  FrozenWeight(Int8 quantized) : stored_(std::move(quantized)) {}   // NOLINT

  [[nodiscard]] std::int64_t out_features() const;
  [[nodiscard]] std::int64_t in_features() const;
  [[nodiscard]] std::int64_t numel() const { return out_features() * in_features(); }
  [[nodiscard]] std::int64_t num_bytes() const;

  /// The matrix in `type`: the stored tensor itself where it is dense and of that type, else a new one.
  [[nodiscard]] torch::Tensor dense(torch::ScalarType type) const;

  /// The same weight on `device`; itself where it is there.
  [[nodiscard]] FrozenWeight to(const torch::Device& device) const;

  /// x Wᵀ and y W without gradients, in the type of x [T, in] and y [T, out]. NF4 is dequantised tile by tile inside
  /// the product (bfloat16 alone, from level avx512_bf16 on); with int8, x is quantised too, by 1 × 128 tiles, and the
  /// products are int8's (from avx512_vnni on). Elsewhere W is dequantised to float32, row by row for few rows of x and
  /// else by slices that fit the processor's cache, and the products are float32's. A dense weight of another type is
  /// converted by slices, too. On other devices the codes are read as they are for few rows of x, and else the matrix
  /// is dequantised whole.
  [[nodiscard]] torch::Tensor times_transposed(const torch::Tensor& x) const;
  [[nodiscard]] torch::Tensor times(const torch::Tensor& y) const;

  /// How it is stored: null where it is stored otherwise.
  [[nodiscard]] const Nf4* nf4() const { return std::get_if<Nf4>(&stored_); }
  [[nodiscard]] const Int8* int8() const { return std::get_if<Int8>(&stored_); }

  /// The tensor of its values or codes: two weights that share it are one.
  [[nodiscard]] const torch::Tensor& storage() const;

 private:
  std::variant<torch::Tensor, Nf4, Int8> stored_;  // src/ops/weights has what each of them can do
};

}  // namespace radonc::ops
