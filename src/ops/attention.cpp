#include "radonc/ops/attention.hpp"

#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "kernels/attention.hpp"
#include "ops/composed_attention.hpp"
#include "ops/words.hpp"

namespace radonc::ops {
namespace {

bool has_kernel(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v) {
  const auto fits = [](const torch::Tensor& x) { return x.is_cpu() && x.scalar_type() == torch::kBFloat16; };
  return fits(q) && fits(k) && fits(v) && kernels::has_attention(q.size(2));
}

kernels::AttentionShape shape_of(const torch::Tensor& q, const torch::Tensor& k,
                                 const std::vector<AttentionSpan>& spans, std::int64_t sliding_window) {
  kernels::AttentionShape shape{
      .heads = q.size(1), .kv_heads = k.size(1), .d = q.size(2), .window = sliding_window, .spans = {}};
  const std::int64_t past = k.size(0) - q.size(0);
  for (const AttentionSpan& span : spans) {
    kernels::SpanView view{.begin = span.begin - past, .length = span.end - span.begin, .num_keys = 0, .keys = {}};
    for (const TokenRange& range : span.prefix) view.keys.push_back({range.begin, range.length()});
    view.keys.push_back({span.begin, view.length});
    for (const kernels::KeyRange& range : view.keys) view.num_keys += range.length;
    shape.spans.push_back(std::move(view));
  }
  return shape;
}

class PackedAttention : public torch::autograd::Function<PackedAttention> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& q,
                               const torch::Tensor& k, const torch::Tensor& v, const std::vector<AttentionSpan>& spans,
                               std::int64_t sliding_window) {
    auto out = torch::empty_like(q);
    const auto log_sums = torch::empty({q.size(0), q.size(1)}, q.options().dtype(torch::kFloat32));
    kernels::attention_forward(shape_of(q, k, spans, sliding_window), words(q), words(k), words(v), written(out),
                               log_sums.data_ptr<float>());
    context->save_for_backward({q, k, v, log_sums});
    std::vector<std::int64_t> numbers;  // a span's end, how many ranges its prefix has, and these
    for (const AttentionSpan& span : spans) {
      numbers.insert(numbers.end(), {span.end, static_cast<std::int64_t>(span.prefix.size())});
      for (const TokenRange& range : span.prefix) numbers.insert(numbers.end(), {range.begin, range.end});
    }
    context->saved_data["spans"] = numbers;
    context->saved_data["sliding_window"] = sliding_window;
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list grads) {
    const auto saved = context->get_saved_variables();
    const auto &q = saved[0], &k = saved[1], &v = saved[2], &log_sums = saved[3];
    TORCH_CHECK(q.size(0) == k.size(0), "packed_attention: no gradients flow to tokens that were computed before");
    const auto grad = grads[0].contiguous();
    const auto numbers = context->saved_data["spans"].toIntVector();
    std::vector<AttentionSpan> spans;
    for (std::size_t at = 0; at < numbers.size();) {
      AttentionSpan span{.begin = spans.empty() ? 0 : spans.back().end, .end = numbers[at], .prefix = {}};
      const auto count = static_cast<std::size_t>(numbers[at + 1]);
      at += 2;
      for (std::size_t i = 0; i < count; ++i, at += 2) span.prefix.push_back({numbers[at], numbers[at + 1]});
      spans.push_back(std::move(span));
    }
    const auto q_grad = torch::empty_like(q), k_grad = torch::empty_like(k), v_grad = torch::empty_like(v);
    kernels::attention_backward(shape_of(q, k, spans, context->saved_data["sliding_window"].toInt()), words(q),
                                words(k), words(v), log_sums.const_data_ptr<float>(), words(grad),
                                {.q = written(q_grad), .k = written(k_grad), .v = written(v_grad)});
    return {q_grad, k_grad, v_grad, {}, {}};
  }
};

}  // namespace

PackedSpans::PackedSpans(std::vector<AttentionSpan> in_order, const torch::Device& on)
    : spans(std::move(in_order)), device(on), query_begins{0}, key_begins{0} {
  std::vector<std::int64_t> places;
  const auto add = [&](const TokenRange& range) {
    places.resize(places.size() + static_cast<std::size_t>(range.length()));
    std::iota(places.end() - range.length(), places.end(), range.begin);
  };
  bool are_all_in_order = !spans.empty() && spans[0].begin == 0;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const AttentionSpan& span = spans[i];
    const std::int64_t covered = i == 0 ? span.begin : spans[i - 1].end;
    TORCH_CHECK(span.begin == covered && covered >= 0 && span.end > covered,
                "packed_attention: expected a span that begins at token ", covered, ", got ", span.begin, " to ",
                span.end);
    const std::size_t before = places.size();
    for (const TokenRange& range : span.prefix) {
      TORCH_CHECK(0 <= range.begin && range.begin < range.end && range.end <= span.begin,
                  "packed_attention: expected a prefix before token ", span.begin, ", got ", range.begin, " to ",
                  range.end);
      add(range);
    }
    add({span.begin, span.end});
    const auto num_keys = static_cast<std::int64_t>(places.size() - before), num_queries = span.end - span.begin;
    query_begins.push_back(query_begins.back() + static_cast<std::int32_t>(num_queries));
    key_begins.push_back(key_begins.back() + static_cast<std::int32_t>(num_keys));
    most_queries = std::max(most_queries, num_queries);
    most_keys = std::max(most_keys, num_keys);
    are_all_in_order &= span.prefix.empty();
  }
  if (!device.is_cpu()) {
    queries_there = torch::tensor(query_begins, torch::kInt32).to(device);
    keys_there = torch::tensor(key_begins, torch::kInt32).to(device);
  }
  if (!are_all_in_order) key_places = torch::tensor(places, torch::kInt64).to(device);
}

torch::Tensor packed_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                               const PackedSpans& packed, std::int64_t sliding_window) {
  TORCH_CHECK(q.dim() == 3 && k.dim() == 3 && v.sizes() == k.sizes() && q.size(0) <= k.size(0) &&
                  q.size(2) == k.size(2) && q.size(1) % k.size(1) == 0,
              "packed_attention: expected q [T, heads, d] and k, v [P + T, kv_heads, d], got ", q.sizes(), ", ",
              k.sizes(), " and ", v.sizes());
  const auto& spans = packed.spans;
  const std::int64_t past = k.size(0) - q.size(0);
  TORCH_CHECK(spans.empty() ? q.size(0) == 0 : spans.front().begin == past && spans.back().end == k.size(0),
              "packed_attention: expected spans from token ", past, " to ", k.size(0), ", and got ", spans.size(),
              " that cover others");
  TORCH_CHECK(packed.device == q.device(), "packed_attention: the spans were made for ", packed.device,
              ", the tokens are on ", q.device());
  if (!has_kernel(q, k, v)) return composed_packed_attention(q, k, v, packed, sliding_window);
  return PackedAttention::apply(q.contiguous(), k.contiguous(), v.contiguous(), spans, sliding_window);
}

}  // namespace radonc::ops
