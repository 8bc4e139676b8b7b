#include <ATen/ops/empty.h>
#include <ATen/ops/zeros_like.h>
#include <torch/library.h>

#include "kernels/cpu/dispatch.hpp"
#include "kernels/levels.hpp"
#include "kernels/low_rank.hpp"
#include "kernels/low_rank_tensors.hpp"

namespace radonc::kernels {
namespace {

using Word = std::uint16_t;

bool has_kernel(const at::Tensor& x) {
  return x.scalar_type() == at::kBFloat16 && level_kernels().has_bfloat16;
}

at::Tensor project(const at::Tensor& x, const at::Tensor& w, double scale, double p, std::int64_t seed) {
  check_low_rank_project(x, w, p);
  if (!has_kernel(x)) return composed_low_rank_project(x, w, scale, p, seed);
  const auto seen = dropped(x, p, seed).contiguous();
  auto low = at::empty({x.size(0), w.size(0)}, x.options());
  const auto run = [&](const auto* weights) {
    low_rank_project(pointer<Word>(seen), weights, x.size(0), x.size(1), w.size(0), static_cast<float>(scale),
                     pointer<Word>(low));
  };
  if (x.size(0) <= level_kernels().max_low_rank_rows_in_float32 && w.is_contiguous())
    run(w.const_data_ptr<float>());
  else
    run(pointer<const Word>(w.to(at::kBFloat16).contiguous()));
  return low;
}

void add(at::Tensor& y, const at::Tensor& low_in, const at::Tensor& w_in, double scale, double p, std::int64_t seed) {
  check_low_rank_add(y, low_in, w_in, p);
  if (!has_kernel(y) || !y.is_contiguous()) return composed_low_rank_add(y, low_in, w_in, scale, p, seed);
  const bool is_transposed = !w_in.is_contiguous();
  const auto low = low_in.contiguous(), w = is_transposed ? w_in.t().contiguous() : w_in;
  const auto to = p == 0 ? y : at::zeros_like(y);
  low_rank_add(pointer<Word>(low), pointer<float>(w), is_transposed, y.size(0), y.size(1), low.size(1),
               static_cast<float>(scale), pointer<Word>(to));
  if (p > 0) y.add_(dropped(to, p, seed));
}

at::Tensor gradient(const at::Tensor& low_in, const at::Tensor& x, double scale, double p, std::int64_t seed) {
  check_low_rank_gradient(low_in, x, p);
  if (!has_kernel(x)) return composed_low_rank_gradient(low_in, x, scale, p, seed);
  const auto seen = dropped(x, p, seed).contiguous(), low = low_in.contiguous();
  auto out = at::empty({low.size(1), x.size(1)}, x.options().dtype(at::kFloat));
  low_rank_gradient(pointer<Word>(low), pointer<Word>(seen), x.size(0), x.size(1), low.size(1),
                    static_cast<float>(scale), pointer<float>(out));
  return out;
}

}  // namespace

TORCH_LIBRARY_IMPL(radonc, CPU, m) {
  m.impl("low_rank_project", project);
  m.impl("low_rank_add_", add);
  m.impl("low_rank_gradient", gradient);
}

}  // namespace radonc::kernels
