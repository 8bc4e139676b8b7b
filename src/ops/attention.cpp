#include "radonc/ops/attention.hpp"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "kernels/attention.hpp"
#include "kernels/cached_attention.hpp"

namespace radonc::ops {
namespace {

/// [T, kv_heads, d] → [1, kv_heads · repeats, T, d], each head `repeats` times.
torch::Tensor spread_heads(const torch::Tensor& x, std::int64_t repeats) {
  const auto by_head = x.transpose(0, 1);  // [kv_heads, T, d]
  if (repeats == 1) return by_head.unsqueeze(0);
  return by_head.unsqueeze(1)
      .expand({x.size(1), repeats, x.size(0), x.size(2)})
      .reshape({1, x.size(1) * repeats, x.size(0), x.size(2)});
}

torch::Tensor composed_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                 const std::vector<AttentionSpan>& spans) {
  const std::int64_t repeats = q.size(1) / k.size(1);
  std::vector<torch::Tensor> outputs;
  outputs.reserve(spans.size());
  for (const AttentionSpan& span : spans) {
    const auto part = [&](const torch::Tensor& x) { return x.slice(0, span.begin, span.end); };
    const auto queries = part(q).transpose(0, 1).unsqueeze(0);  // [1, heads, L, d]
    const bool causal = !span.seen.defined();
    const auto mask = causal ? std::optional<torch::Tensor>() : std::optional<torch::Tensor>(span.seen);
    outputs.push_back(at::scaled_dot_product_attention(queries, spread_heads(part(k), repeats),
                                                       spread_heads(part(v), repeats), mask, /*dropout_p=*/0.0, causal)
                          .squeeze(0)
                          .transpose(0, 1));  // [L, heads, d]
  }
  return outputs.size() == 1 ? outputs[0].contiguous() : torch::cat(outputs);
}

bool has_kernel(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v) {
  const auto fits = [](const torch::Tensor& x) { return x.is_cpu() && x.scalar_type() == torch::kBFloat16; };
  return fits(q) && fits(k) && fits(v) && kernels::has_attention(q.size(2));
}

const std::uint16_t* words(const torch::Tensor& x) {
  return static_cast<const std::uint16_t*>(x.const_data_ptr());
}

std::uint16_t* written(const torch::Tensor& x) {
  return static_cast<std::uint16_t*>(x.data_ptr());
}

/// `masks` are contiguous and, like the view, valid while the tensors are.
kernels::AttentionShape shape_of(const torch::Tensor& q, const torch::Tensor& k, const std::vector<std::int64_t>& ends,
                                 const std::vector<torch::Tensor>& masks) {
  kernels::AttentionShape shape{.heads = q.size(1), .kv_heads = k.size(1), .d = q.size(2), .spans = {}};
  for (std::size_t i = 0; i < ends.size(); ++i)
    shape.spans.push_back({.begin = i == 0 ? 0 : ends[i - 1],
                           .end = ends[i],
                           .seen = masks[i].defined() ? masks[i].const_data_ptr<bool>() : nullptr});
  return shape;
}

class PackedAttention : public torch::autograd::Function<PackedAttention> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& q,
                               const torch::Tensor& k, const torch::Tensor& v,
                               const std::vector<AttentionSpan>& spans) {
    std::vector<std::int64_t> ends;
    std::vector<torch::Tensor> masks;
    for (const AttentionSpan& span : spans) {
      ends.push_back(span.end);
      masks.push_back(span.seen.defined() ? span.seen.contiguous() : span.seen);
    }
    auto out = torch::empty_like(q);
    const auto log_sums = torch::empty({q.size(0), q.size(1)}, q.options().dtype(torch::kFloat32));
    kernels::attention_forward(shape_of(q, k, ends, masks), words(q), words(k), words(v), written(out),
                               log_sums.data_ptr<float>());
    torch::autograd::variable_list saved{q, k, v, out, log_sums};
    saved.insert(saved.end(), masks.begin(), masks.end());
    context->save_for_backward(std::move(saved));
    context->saved_data["ends"] = ends;
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list grads) {
    const auto saved = context->get_saved_variables();
    const auto &q = saved[0], &k = saved[1], &v = saved[2], &out = saved[3], &log_sums = saved[4];
    const auto grad = grads[0].contiguous();
    std::vector<torch::Tensor> masks(saved.begin() + 5, saved.end());
    for (torch::Tensor& mask : masks)
      if (mask.defined()) mask = mask.t().contiguous();
    const auto ends = context->saved_data["ends"].toIntVector();
    const auto q_grad = torch::empty_like(q), k_grad = torch::empty_like(k), v_grad = torch::empty_like(v);
    kernels::attention_backward(shape_of(q, k, ends, masks), words(q), words(k), words(v), words(out),
                                log_sums.const_data_ptr<float>(), words(grad),
                                {.q = written(q_grad), .k = written(k_grad), .v = written(v_grad)});
    return {q_grad, k_grad, v_grad, {}};
  }
};

}  // namespace

torch::Tensor packed_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                               const std::vector<AttentionSpan>& spans) {
  TORCH_CHECK(q.dim() == 3 && k.dim() == 3 && v.sizes() == k.sizes() && q.size(0) == k.size(0) &&
                  q.size(2) == k.size(2) && q.size(1) % k.size(1) == 0,
              "packed_attention: expected q [T, heads, d] and k, v [T, kv_heads, d], got ", q.sizes(), ", ", k.sizes(),
              " and ", v.sizes());
  std::int64_t covered = 0;
  for (const AttentionSpan& span : spans) {
    const std::int64_t length = span.end - span.begin;
    TORCH_CHECK(span.begin == covered && length > 0, "packed_attention: expected a span that begins at token ", covered,
                ", got ", span.begin, " to ", span.end);
    TORCH_CHECK(!span.seen.defined() || (span.seen.sizes() == torch::IntArrayRef({length, length}) &&
                                         span.seen.scalar_type() == torch::kBool),
                "packed_attention: expected a mask [", length, ", ", length, "] of bool, got ", span.seen.sizes(),
                " of ", span.seen.scalar_type());
    covered = span.end;
  }
  TORCH_CHECK(covered == q.size(0), "packed_attention: the spans cover ", covered, " of ", q.size(0), " tokens");
  if (!has_kernel(q, k, v)) return composed_attention(q, k, v, spans);
  return PackedAttention::apply(q.contiguous(), k.contiguous(), v.contiguous(), spans);
}

void append_to_cache(const torch::Tensor& cache, const torch::Tensor& x, const torch::Tensor& positions) {
  const torch::NoGradGuard no_gradient;
  if (!cache.is_cpu() || !cache.is_contiguous() || cache.scalar_type() != x.scalar_type()) {
    torch::Tensor(cache).index_put_(
        {torch::arange(x.size(0), positions.options()), torch::indexing::Slice(), positions}, x);
    return;
  }
  const auto rows = x.contiguous();
  const auto bytes = static_cast<std::size_t>(x.size(2)) * x.element_size();
  const auto* from = static_cast<const std::byte*>(rows.const_data_ptr());
  auto* to = static_cast<std::byte*>(cache.data_ptr());
  const auto* place = positions.const_data_ptr<std::int64_t>();
  const auto heads = static_cast<std::size_t>(x.size(1)), capacity = static_cast<std::size_t>(cache.size(2));
  for (std::size_t row = 0; row < static_cast<std::size_t>(x.size(0)) * heads; ++row)
    std::memcpy(to + (row * capacity + static_cast<std::size_t>(place[row / heads])) * bytes, from + row * bytes,
                bytes);
}

torch::Tensor cached_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                               const torch::Tensor& positions, std::int64_t sliding_window) {
  const std::int64_t sequences = q.size(0), kv_heads = k.size(1), capacity = k.size(2), d = q.size(2);
  const std::int64_t repeats = q.size(1) / kv_heads;
  const bool has_type = q.scalar_type() == torch::kFloat32 || q.scalar_type() == torch::kBFloat16;
  if (!q.is_cpu() || !has_type || d > kernels::kMaxHeadDim || repeats > kernels::kMaxSharedHeads) {
    const auto slot = torch::arange(capacity, positions.options()).unsqueeze(0);
    auto seen = slot <= positions.unsqueeze(1);
    if (sliding_window > 0) seen = seen & (slot > positions.unsqueeze(1) - sliding_window);
    // The query heads that share a key-value head stand where a longer query would have its positions.
    const auto queries = q.view({sequences, kv_heads, repeats, d});
    return at::scaled_dot_product_attention(queries, k, v, seen.unsqueeze(1).unsqueeze(1)).reshape(q.sizes());
  }
  const auto queries = q.contiguous(), keys = k.contiguous(), values = v.contiguous();
  auto out = torch::empty_like(queries);
  const auto* last_position = positions.const_data_ptr<std::int64_t>();
  const auto run = [&]<typename T>(T) {
    const auto at_head = [&](const torch::Tensor& x, std::int64_t head, std::int64_t rows) {
      return static_cast<T*>(x.data_ptr()) + head * rows * d;
    };
    at::parallel_for(0, sequences * kv_heads, 1, [&](std::int64_t begin, std::int64_t end) {
      std::vector<float> scores(static_cast<std::size_t>(repeats * capacity));
      for (std::int64_t head = begin; head < end; ++head) {
        const std::int64_t last = last_position[head / kv_heads] + 1;
        const std::int64_t first = sliding_window > 0 ? std::max<std::int64_t>(last - sliding_window, 0) : 0;
        kernels::cached_attention(at_head(queries, head, repeats), at_head(keys, head, capacity),
                                  at_head(values, head, capacity), at_head(out, head, repeats), repeats, d, first, last,
                                  scores.data());
      }
    });
  };
  if (q.scalar_type() == torch::kFloat32)
    run(float{});
  else
    run(kernels::BFloat16{});
  return out;
}

}  // namespace radonc::ops
