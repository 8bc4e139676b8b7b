#include "ops/composed_attention.hpp"

#include <ATen/ops/_flash_attention_forward.h>
#include <torch/types.h>

#include <optional>
#include <vector>

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

/// Which keys the queries of a span see, [L, M]: the last L of the M keys are the queries' own.
torch::Tensor visibility(std::int64_t length, std::int64_t num_keys, std::int64_t sliding_window,
                         const torch::Device& device) {
  auto seen =
      torch::ones({length, num_keys}, torch::TensorOptions(torch::kBool).device(device)).tril_(num_keys - length);
  return sliding_window > 0 ? seen.triu_(num_keys - length - sliding_window + 1) : seen;
}

torch::Tensor span_by_span(const torch::Tensor& q, const torch::Tensor& keys, const torch::Tensor& values,
                           const PackedSpans& packed, std::int64_t sliding_window) {
  const std::int64_t repeats = q.size(1) / keys.size(1);
  std::vector<torch::Tensor> outputs;
  for (std::size_t i = 0; i + 1 < packed.query_begins.size(); ++i) {
    const auto part = [&](const torch::Tensor& x, const std::vector<std::int32_t>& begins, std::int64_t times) {
      return spread_heads(x.slice(0, begins[i], begins[i + 1]), times);
    };
    const std::int64_t length = packed.query_begins[i + 1] - packed.query_begins[i];
    const std::int64_t num_keys = packed.key_begins[i + 1] - packed.key_begins[i];
    const std::int64_t window = sliding_window < num_keys ? sliding_window : 0;
    const bool causal = length == num_keys && window == 0;
    const auto mask = causal ? std::optional<torch::Tensor>()
                             : std::optional<torch::Tensor>(visibility(length, num_keys, window, q.device()));
    outputs.push_back(
        at::scaled_dot_product_attention(part(q, packed.query_begins, 1), part(keys, packed.key_begins, repeats),
                                         part(values, packed.key_begins, repeats), mask, /*dropout_p=*/0.0, causal)
            .squeeze(0)
            .transpose(0, 1));  // [L, heads, d]
  }
  return outputs.size() == 1 ? outputs[0].contiguous() : torch::cat(outputs);
}

bool has_flash(const torch::Tensor& q) {
  const bool is_narrow = q.scalar_type() == torch::kBFloat16 || q.scalar_type() == torch::kFloat16;
  return !q.is_cpu() && is_narrow && q.size(2) % 8 == 0 && q.size(2) <= 256;
}

/// Its causal mask ends at a span's last key, which is the last query's own, and its window counts the keys before it.
torch::Tensor by_flash(const torch::Tensor& q, const torch::Tensor& keys, const torch::Tensor& values,
                       const PackedSpans& packed, std::int64_t sliding_window) {
  std::optional<std::int64_t> left, right;
  if (sliding_window > 0) left = sliding_window - 1, right = 0;
  return std::get<0>(at::_flash_attention_forward(q, keys, values, packed.queries_there, packed.keys_there,
                                                  packed.most_queries, packed.most_keys, /*dropout_p=*/0.0,
                                                  /*is_causal=*/true, /*return_debug_mask=*/false,
                                                  /*scale=*/std::optional<double>(), left, right));
}

}  // namespace

torch::Tensor composed_packed_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                        const PackedSpans& packed, std::int64_t sliding_window) {
  const auto picked = [&](const torch::Tensor& x) {
    return packed.key_places.defined() ? x.index_select(0, packed.key_places) : x;
  };
  const auto keys = picked(k), values = picked(v);
  return has_flash(q) ? by_flash(q, keys, values, packed, sliding_window)
                      : span_by_span(q, keys, values, packed, sliding_window);
}

}  // namespace radonc::ops
