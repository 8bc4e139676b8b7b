#include "radonc/ops/attention.hpp"

#include <torch/torch.h>

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

}  // namespace

torch::Tensor packed_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                               const std::vector<AttentionSpan>& spans) {
  TORCH_CHECK(q.dim() == 3 && k.dim() == 3 && v.sizes() == k.sizes() && q.size(0) == k.size(0) &&
                  q.size(2) == k.size(2) && q.size(1) % k.size(1) == 0,
              "packed_attention: expected q [T, heads, d] and k, v [T, kv_heads, d], got ", q.sizes(), ", ", k.sizes(),
              " and ", v.sizes());
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

torch::Tensor cached_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                               const torch::Tensor& seen) {
  const std::int64_t repeats = q.size(1) / k.size(1);
  // The query heads that share a key-value head stand where a longer query would have its positions.
  const auto queries = q.view({q.size(0), k.size(1), repeats, q.size(2)});
  return at::scaled_dot_product_attention(queries, k, v, seen.unsqueeze(1).unsqueeze(1)).reshape(q.sizes());
}

}  // namespace radonc::ops
