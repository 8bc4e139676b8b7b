#include "radonc/ops/frozen_weight.hpp"

#include <ATen/Parallel.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <optional>

#include "kernels/gemv.hpp"
#include "kernels/int8_tensors.hpp"
#include "kernels/nf4_tensors.hpp"
#include "kernels/packed_gemm.hpp"
#include "kernels/unpacked_gemv.hpp"
#include "ops/words.hpp"

namespace radonc::ops {
namespace {

constexpr std::int64_t kSlice = 1 << 20;  // weights: 4 MB in float32
constexpr std::int64_t kGrainRows = 16;   // of W, for a thread
constexpr std::int64_t kFewRows = 8;      // of x, for which a GPU reads a quantised matrix once

using kernels::Direction;

kernels::Nf4View view_of(const Nf4& weight) {
  const bool is_nested = weight.is_double_quantized();
  return kernels::nf4_view(weight.codes, weight.absmax, is_nested ? &weight.nested_absmax : nullptr,
                           is_nested ? &weight.nested_map : nullptr, weight.nested_offset, weight.rows, weight.columns);
}

kernels::Int8View view_of(const Int8& weight) {
  return kernels::int8_view(weight.codes, weight.scales);
}

/// Where the kernel with panels beats oneDNN's product: against the direction in which W lies always; along it with
/// many rows, for which W's reading is hidden behind the arithmetic. A small W stays in the cache: oneDNN needs no
/// panels.
bool is_faster(Direction direction, const torch::Tensor& weight, std::int64_t rows) {
  if (weight.numel() < (1 << 20)) return rows < 256;
  return direction == Direction::kBackward || rows > 64;
}

/// x Wᵀ or x W of a dense matrix in x's type.
torch::Tensor product(const torch::Tensor& weight, Direction direction, const torch::Tensor& x) {
  const bool forward = direction == Direction::kForward, is_few = forward && x.size(0) <= kernels::kMaxDenseGemvRows;
  const bool has_kernel =
      x.scalar_type() == torch::kBFloat16 && x.is_cpu() && weight.is_contiguous() &&
      (is_few ? kernels::has_dense_gemv() : kernels::has_dense_gemm() && is_faster(direction, weight, x.size(0)));
  if (!has_kernel) return forward ? x.mm(weight.t()) : x.mm(weight);
  const auto rows = x.contiguous();
  auto out = torch::empty({x.size(0), weight.size(forward ? 0 : 1)}, x.options());
  const kernels::DenseView view{.values = words(weight), .out = weight.size(0), .in = weight.size(1)};
  if (is_few)
    kernels::dense_gemv(view, words(rows), x.size(0), written(out));
  else
    kernels::dense_gemm(direction, view, words(rows), x.size(0), written(out));
  return out;
}

bool has_kernel(const Nf4& weight, torch::ScalarType type) {
  return type == torch::kBFloat16 && weight.columns % kernels::kNf4Block == 0 && kernels::has_nf4_gemm();
}

bool has_kernel(const Int8&, torch::ScalarType type) {
  return (type == torch::kBFloat16 || type == torch::kFloat32) && kernels::has_w8a8_gemm();
}

torch::Tensor product(const Nf4& weight, Direction direction, const torch::Tensor& x, const torch::Tensor& out) {
  if (direction == Direction::kForward && x.size(0) <= kernels::kMaxNf4GemvRows && kernels::has_nf4_gemv())
    kernels::nf4_gemv(view_of(weight), words(x), x.size(0), written(out));
  else
    kernels::nf4_gemm(direction, view_of(weight), words(x), x.size(0), written(out));
  return out;
}

torch::Tensor product(const Int8& weight, Direction direction, const torch::Tensor& x, const torch::Tensor& out) {
  const auto run = [&](const auto* from, auto* to) {
    if (direction == Direction::kForward && x.size(0) <= kernels::kMaxInt8GemvRows)
      kernels::w8a8_gemv(view_of(weight), from, x.size(0), to);
    else
      kernels::w8a8_gemm(direction, view_of(weight), from, x.size(0), to);
  };
  if (x.scalar_type() == torch::kFloat32)
    run(x.const_data_ptr<float>(), out.data_ptr<float>());
  else
    run(words(x), written(out));
  return out;
}

/// The product by the kernel of a quantised weight, or nothing where it is not quantised or there is no kernel.
template <typename Quantized>
std::optional<torch::Tensor> by_kernel(const std::optional<Quantized>& weight, Direction direction,
                                       const torch::Tensor& x, std::int64_t columns) {
  if (!weight || !x.is_cpu() || !has_kernel(*weight, x.scalar_type())) return std::nullopt;
  return product(*weight, direction, x.contiguous(), torch::empty({x.size(0), columns}, x.options()));
}

/// x Wᵀ where that has no kernel: x [T, in] float32.
template <typename Quantized>
torch::Tensor by_rows(const Quantized& weight, const torch::Tensor& x) {
  const auto view = view_of(weight);
  const torch::Tensor rows = x.contiguous();
  const torch::Tensor out = torch::empty({x.size(0), view.out}, x.options());
  kernels::unpacked_gemv(view, rows.const_data_ptr<float>(), x.size(0), out.data_ptr<float>());
  return out;
}

/// Rows of W from `begin` on, as many as `slice` [rows, in] has.
template <typename Quantized>
void unpack(const Quantized& weight, std::int64_t begin, const torch::Tensor& slice) {
  const auto view = view_of(weight);
  auto* out = slice.data_ptr<float>();
  at::parallel_for(0, slice.size(0), kGrainRows, [&](std::int64_t first, std::int64_t last) {
    kernels::unpack_rows(view, begin + first, begin + last, out + first * view.in);
  });
}

}  // namespace

std::int64_t FrozenWeight::out_features() const {
  return nf4_ ? nf4_->rows : int8_ ? int8_->codes.size(0) : dense_.size(0);
}

std::int64_t FrozenWeight::in_features() const {
  return nf4_ ? nf4_->columns : int8_ ? int8_->codes.size(1) : dense_.size(1);
}

std::int64_t FrozenWeight::num_bytes() const {
  if (int8_) return static_cast<std::int64_t>(int8_->codes.nbytes() + int8_->scales.nbytes());
  if (!nf4_) return static_cast<std::int64_t>(dense_.nbytes());
  std::size_t bytes = nf4_->codes.nbytes() + nf4_->absmax.nbytes();
  if (nf4_->is_double_quantized()) bytes += nf4_->nested_absmax.nbytes() + nf4_->nested_map.nbytes();
  return static_cast<std::int64_t>(bytes);
}

torch::Tensor FrozenWeight::dense(torch::ScalarType type) const {
  return nf4_ ? nf4_dequantize(*nf4_, type) : int8_ ? int8_dequantize(*int8_, type) : dense_.to(type);
}

FrozenWeight FrozenWeight::to(const torch::Device& device) const {
  FrozenWeight moved = *this;
  const auto move = [&](torch::Tensor& tensor) {
    if (tensor.defined()) tensor = tensor.to(device);
  };
  move(moved.dense_);
  if (moved.nf4_)
    for (auto* tensor : {&moved.nf4_->codes, &moved.nf4_->absmax, &moved.nf4_->nested_absmax, &moved.nf4_->nested_map})
      move(*tensor);
  if (moved.int8_)
    for (auto* tensor : {&moved.int8_->codes, &moved.int8_->scales}) move(*tensor);
  return moved;
}

bool FrozenWeight::is_whole(const torch::Tensor& x) const {
  if (nf4_) return !x.is_cpu() || nf4_->columns % Nf4::kBlock != 0;  // a block that lies in two rows
  if (int8_) return !x.is_cpu();
  return dense_.scalar_type() == x.scalar_type();
}

template <typename Use>
void FrozenWeight::by_slices(torch::ScalarType type, Use use) const {
  const std::int64_t rows = out_features(), columns = in_features();
  const std::int64_t step = std::min(rows, std::max<std::int64_t>(kSlice / std::max<std::int64_t>(columns, 1), 1));
  const auto options = dense_.defined() ? dense_.options() : torch::TensorOptions();
  const auto buffer = torch::empty({step, columns}, options.dtype(type));
  for (std::int64_t begin = 0; begin < rows; begin += step) {
    const auto slice = buffer.narrow(0, 0, std::min(step, rows - begin));
    if (nf4_)
      unpack(*nf4_, begin, slice);
    else if (int8_)
      unpack(*int8_, begin, slice);
    else
      slice.copy_(dense_.narrow(0, begin, slice.size(0)));
    use(begin, slice);
  }
}

torch::Tensor FrozenWeight::times_transposed(const torch::Tensor& x) const {
  const torch::NoGradGuard no_gradient;
  if (auto out = by_kernel(nf4_, Direction::kForward, x, out_features())) return *out;
  if (auto out = by_kernel(int8_, Direction::kForward, x, out_features())) return *out;
  if (is_quantized() && !x.is_cpu() && x.size(0) <= kFewRows) {
    if (int8_) return int8_gemv(x, *int8_);
    if (nf4_->columns % Nf4::kBlock == 0) return nf4_gemv(x, *nf4_);
  }
  if (is_whole(x)) return product(dense(x.scalar_type()), Direction::kForward, x);
  const auto rows = is_quantized() ? x.to(torch::kFloat32) : x;
  if (is_quantized() && x.size(0) <= kernels::kMaxUnpackedGemvRows)
    return (nf4_ ? by_rows(*nf4_, rows) : by_rows(*int8_, rows)).to(x.scalar_type());
  auto out = torch::empty({x.size(0), out_features()}, x.options());
  by_slices(rows.scalar_type(), [&](std::int64_t begin, const torch::Tensor& slice) {
    out.narrow(1, begin, slice.size(0)).copy_(rows.mm(slice.t()));
  });
  return out;
}

torch::Tensor FrozenWeight::times(const torch::Tensor& y) const {
  const torch::NoGradGuard no_gradient;
  if (auto out = by_kernel(nf4_, Direction::kBackward, y, in_features())) return *out;
  if (auto out = by_kernel(int8_, Direction::kBackward, y, in_features())) return *out;
  if (is_whole(y)) return product(dense(y.scalar_type()), Direction::kBackward, y);
  const auto rows = is_quantized() ? y.to(torch::kFloat32) : y;
  auto out = torch::zeros({y.size(0), in_features()}, rows.options());
  by_slices(rows.scalar_type(), [&](std::int64_t begin, const torch::Tensor& slice) {
    out.addmm_(rows.narrow(1, begin, slice.size(0)), slice);
  });
  return out.to(y.scalar_type());
}

}  // namespace radonc::ops
