#include "radonc/ops/attention.hpp"

#include <doctest/doctest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <array>
#include <functional>
#include <limits>

#include "support/tensors.hpp"

using namespace radonc;

namespace {

/// softmax(q kᵀ / sqrt(d)) v in float64, [L, heads, d], with seen [L, M].
torch::Tensor reference(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                        const torch::Tensor& seen) {
  const std::int64_t repeats = q.size(1) / k.size(1);
  const auto wide = [&](const torch::Tensor& t, std::int64_t times) {
    return t.to(torch::kFloat64).repeat_interleave(times, 1).transpose(0, 1);
  };
  auto scores = wide(q, 1).matmul(wide(k, repeats).transpose(1, 2)) / std::sqrt(static_cast<double>(q.size(2)));
  scores = scores.masked_fill(~seen.unsqueeze(0), -1e300);
  return scores.softmax(-1).matmul(wide(v, repeats)).transpose(0, 1);
}

/// The same by torch's attention, in the type of q.
torch::Tensor by_torch(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                       const torch::Tensor& seen) {
  const auto wide = [](const torch::Tensor& t, std::int64_t times) {
    return t.repeat_interleave(times, 1).transpose(0, 1).unsqueeze(0);
  };
  const std::int64_t repeats = q.size(1) / k.size(1);
  return at::scaled_dot_product_attention(wide(q, 1), wide(k, repeats), wide(v, repeats), seen)
      .squeeze(0)
      .transpose(0, 1);
}

struct Sample {
  torch::Tensor q, k, v, grad;  // bfloat16
};

Sample sample(std::int64_t tokens, std::int64_t heads, std::int64_t kv_heads, std::int64_t d) {
  const auto draw = [&](std::int64_t count) { return torch::randn({tokens, count, d}).to(torch::kBFloat16); };
  return {draw(heads), draw(kv_heads), draw(kv_heads), draw(heads)};
}

using Spans = std::vector<ops::AttentionSpan>;

/// A trunk, two branches of it, of which one has two branches too, and one that continues a part of the trunk.
Spans tree(std::int64_t length, std::int64_t begin = 0) {
  const auto at = [&](std::int64_t tenths) { return begin + length * tenths / 10; };
  const std::vector<ops::AttentionSpan> all = {
      {at(0), at(4), {}},
      {at(4), at(6), {{at(0), at(4)}}},
      {at(6), at(7), {{at(0), at(4)}, {at(4), at(6)}}},
      {at(7), at(8), {{at(0), at(4)}, {at(4), at(5)}}},
      {at(8), at(10), {{at(0), at(1)}}},
  };
  Spans spans;
  for (auto span : all) {
    std::erase_if(span.prefix, [](const auto& range) { return range.begin == range.end; });
    if (span.begin < span.end) spans.push_back(std::move(span));
  }
  return spans;
}

Spans plain(std::int64_t length) {
  return {{0, length, {}}};
}

ops::AttentionSpan moved(ops::AttentionSpan span, std::int64_t by) {
  span.begin += by, span.end += by;
  for (auto& range : span.prefix) range.begin += by, range.end += by;
  return span;
}

/// What each token sees, [T, T].
torch::Tensor sight(const Spans& spans, std::int64_t window) {
  const std::int64_t tokens = spans.back().end;
  auto seen = torch::zeros({tokens, tokens}, torch::kBool);
  for (const auto& span : spans) {
    std::vector<std::int64_t> path;
    for (const auto& range : span.prefix)
      for (std::int64_t t = range.begin; t < range.end; ++t) path.push_back(t);
    for (std::int64_t t = span.begin; t < span.end; ++t) {
      path.push_back(t);
      const auto size = static_cast<std::int64_t>(path.size());
      for (std::int64_t i = window > 0 ? std::max<std::int64_t>(size - window, 0) : 0; i < size; ++i)
        seen[t][path[static_cast<std::size_t>(i)]] = true;
    }
  }
  return seen;
}

using Attention = std::function<torch::Tensor(const torch::Tensor&, const torch::Tensor&, const torch::Tensor&)>;

/// The output and the gradients of q, k and v, the factors in `type`. Fresh memory is full of NaN.
std::vector<torch::Tensor> differentiate(const Sample& s, torch::ScalarType type, const Attention& attention) {
  at::globalContext().setDeterministicAlgorithms(true, true);
  const auto leaf = [&](const torch::Tensor& x) { return x.to(type).detach().clone().requires_grad_(); };
  const auto q = leaf(s.q), k = leaf(s.k), v = leaf(s.v);
  const auto out = attention(q, k, v);
  out.backward(s.grad.to(type));
  at::globalContext().setDeterministicAlgorithms(false, false);
  return {out.detach(), q.grad(), k.grad(), v.grad()};
}

/// In bfloat16: no further from float64 than torch's kernel is.
void check_spans(const Sample& s, const Spans& spans, std::int64_t window = 0) {
  const auto seen = sight(spans, window);
  const auto exact = differentiate(
      s, torch::kFloat64, [&](const auto& q, const auto& k, const auto& v) { return reference(q, k, v, seen); });
  const auto torchs = differentiate(
      s, torch::kBFloat16, [&](const auto& q, const auto& k, const auto& v) { return by_torch(q, k, v, seen); });
  const auto ours = differentiate(s, torch::kBFloat16, [&](const auto& q, const auto& k, const auto& v) {
    return ops::packed_attention(q, k, v, spans, window);
  });
  for (std::size_t i = 0; i < exact.size(); ++i) {
    CAPTURE(i);
    const auto error = [&](const torch::Tensor& x) { return (x.to(torch::kFloat64) - exact[i]).norm().item<double>(); };
    CHECK(error(ours[i]) <= 1.2 * error(torchs[i]) + 1e-5 * exact[3].norm().item<double>());
    CHECK(error(ours[i]) <= 1e-2 * (exact[i].norm().item<double>() + 1e-3));
  }
}

}  // namespace

TEST_CASE("packed attention sees each token's own path, in torch's kernels") {
  torch::manual_seed(6);
  Sample s = sample(25, 6, 2, 16);
  for (torch::Tensor* x : {&s.q, &s.k, &s.v, &s.grad}) *x = x->to(torch::kFloat64);
  Spans spans = tree(20, 5);
  spans.insert(spans.begin(), {0, 5, {}});
  for (const std::int64_t window : {0, 1, 7}) {
    const auto seen = sight(spans, window);
    const auto expected = differentiate(
        s, torch::kFloat64, [&](const auto& q, const auto& k, const auto& v) { return reference(q, k, v, seen); });
    const auto ours = differentiate(s, torch::kFloat64, [&](const auto& q, const auto& k, const auto& v) {
      return ops::packed_attention(q, k, v, spans, window);
    });
    for (std::size_t i = 0; i < ours.size(); ++i) CHECK(test::relative_difference(ours[i], expected[i]) < 1e-12);
  }
}

TEST_CASE("packed attention goes on behind tokens that were computed before, to the bit") {
  torch::manual_seed(12);
  for (const auto type : {torch::kFloat32, torch::kBFloat16})
    for (const std::int64_t window : {0, 30}) {
      Sample s = sample(200, 6, 2, 64);
      for (torch::Tensor* x : {&s.q, &s.k, &s.v}) *x = x->to(type);
      const Spans spans = tree(200);
      const auto whole = ops::packed_attention(s.q, s.k, s.v, spans, window);
      for (std::size_t past = 1; past < spans.size(); ++past) {
        const std::int64_t begin = spans[past].begin;
        const auto rest =
            ops::packed_attention(s.q.slice(0, begin), s.k, s.v, Spans(spans.begin() + past, spans.end()), window);
        CHECK(torch::equal(rest, whole.slice(0, begin)));
      }
    }
}

TEST_CASE("cached attention sees each sequence's own length, and its window") {
  torch::manual_seed(7);
  constexpr std::int64_t kCapacity = 70;
  for (const auto type : {torch::kFloat32, torch::kBFloat16})
    for (const auto& [kv_heads, repeats, d] :
         {std::array<std::int64_t, 3>{2, 3, 16}, {1, 1, 33}, {3, 17, 8}, {1, 4, 300}, {2, 3, 64}, {1, 7, 128}})
      for (const std::int64_t window : {0, 1, 5}) {  // 17 heads and 300 dimensions are more than the kernel takes
        const auto q = torch::randn({3, kv_heads * repeats, d}).to(type);
        auto k = torch::randn({4, kv_heads, kCapacity, d}).to(type),
             v = torch::randn({4, kv_heads, kCapacity, d}).to(type);
        const auto positions = torch::tensor({0, 4, 69}, torch::kInt64),
                   slots = torch::tensor({3, 0, 2}, torch::kInt64);
        k[3].slice(1, 1).fill_(1e30);  // what is not seen does not matter
        const auto out = ops::cached_attention(q, k, v, slots, positions, window);
        CHECK((out.scalar_type() == type));
        for (int b = 0; b < 3; ++b) {
          const std::int64_t last = positions[b].item<std::int64_t>() + 1;
          const std::int64_t first = window > 0 ? std::max<std::int64_t>(last - window, 0) : 0;
          const auto part = [&](const torch::Tensor& x) {
            return x[slots[b].item<std::int64_t>()].slice(1, first, last).transpose(0, 1).to(torch::kFloat32);
          };
          const auto expected = reference(q[b].unsqueeze(0).to(torch::kFloat32), part(k), part(v),
                                          torch::ones({1, last - first}, torch::kBool));
          CHECK(test::relative_difference(out[b].unsqueeze(0), expected) < test::tolerance(type));
        }
      }
}

TEST_CASE("a new token goes to its place in its sequence's slot of the cache") {
  torch::manual_seed(10);
  const auto slots = torch::tensor({3, 0, 2}, torch::kInt64), positions = torch::tensor({0, 4, 8}, torch::kInt64);
  for (const auto type : {torch::kFloat32, torch::kBFloat16}) {
    const auto keys = torch::randn({4, 2, 9, 5}).to(type), values = torch::randn({4, 2, 9, 5}).to(type);
    const auto k = torch::randn({3, 2, 5}).to(type), v = torch::randn({3, 2, 5}).to(type);
    auto expected_keys = keys.clone(), expected_values = values.clone();
    for (int b = 0; b < 3; ++b) {
      expected_keys[slots[b].item<std::int64_t>()].select(1, 4 * b).copy_(k[b]);
      expected_values[slots[b].item<std::int64_t>()].select(1, 4 * b).copy_(v[b]);
    }
    const auto apart = torch::empty({4, 2, 5, 9}).to(type).transpose(2, 3).copy_(keys);  // not contiguous
    const auto also = values.clone();
    ops::append_to_cache(keys, values, k.transpose(0, 1).contiguous().transpose(0, 1), v, slots, positions);
    ops::append_to_cache(apart, also, k, v, slots, positions);
    for (const auto& got : {keys, apart}) CHECK(torch::equal(got, expected_keys));
    for (const auto& got : {values, also}) CHECK(torch::equal(got, expected_values));
  }
}

TEST_CASE("packed attention refuses heads that cannot share") {
  CHECK_THROWS_AS(
      ops::packed_attention(torch::ones({2, 3, 4}), torch::ones({2, 2, 4}), torch::ones({2, 2, 4}), Spans{{0, 2, {}}}),
      c10::Error);
}

TEST_CASE("packed attention in bfloat16 is as exact as torch's, and so are its gradients") {
  torch::manual_seed(8);
  for (const std::int64_t length : {1, 2, 63, 64, 65, 130, 300})
    for (const auto& [heads, kv_heads, d] :
         {std::array{1, 1, 32}, std::array{4, 2, 128}, std::array{9, 3, 64}, std::array{4, 1, 80}}) {
      CAPTURE(length);
      CAPTURE(d);
      const Sample s = sample(length, heads, kv_heads, d);
      for (const std::int64_t window : {0, 40}) {
        check_spans(s, plain(length), window);
        check_spans(s, tree(length), window);
      }
    }
  check_spans(sample(70, 6, 2, 96), plain(70));
  check_spans(sample(70, 4, 2, 256), tree(70), 9);
  check_spans(sample(700, 3, 1, 64), tree(700), 150);
  check_spans(sample(150, 3, 3, 64), plain(150), 1);
}

TEST_CASE("packed attention in bfloat16 keeps sharp and equal scores") {
  torch::manual_seed(9);
  Sample s = sample(200, 4, 2, 64);
  s.q *= 40;
  check_spans(s, plain(200));
  s.k.zero_();
  check_spans(s, plain(200));
}

TEST_CASE("packed attention gives a span the same bits in any company and on any number of threads") {
  torch::manual_seed(10);
  const Sample s = sample(7 + 213 + 190, 6, 3, 64);
  const std::vector<Spans> trees = {plain(7), tree(213), tree(190)};
  Spans spans;
  for (const Spans& own : trees) {
    const std::int64_t before = spans.empty() ? 0 : spans.back().end;
    for (const auto& span : own) spans.push_back(moved(span, before));
  }
  const auto run = [&](const Sample& part, const Spans& its) {
    return differentiate(part, torch::kBFloat16, [&](const auto& q, const auto& k, const auto& v) {
      return ops::packed_attention(q, k, v, its);
    });
  };
  const int threads = at::get_num_threads();
  const auto together = run(s, spans);
  at::set_num_threads(threads == 1 ? 2 : 1);
  const auto other = run(s, spans);
  at::set_num_threads(threads);
  for (std::size_t i = 0; i < together.size(); ++i) CHECK(torch::equal(together[i], other[i]));
  std::int64_t begin = 0;
  for (const Spans& own : trees) {
    const std::int64_t length = own.back().end;
    const auto part = [&](const torch::Tensor& x) { return x.slice(0, begin, begin + length); };
    const auto alone = run({part(s.q), part(s.k), part(s.v), part(s.grad)}, own);
    for (std::size_t i = 0; i < together.size(); ++i) CHECK(torch::equal(part(together[i]), alone[i]));
    begin += length;
  }
}

TEST_CASE("packed attention in bfloat16 spreads NaN only to who sees it") {
  torch::manual_seed(11);
  Sample s = sample(130, 4, 2, 64);
  s.k[100][1][5] = std::numeric_limits<float>::quiet_NaN();  // heads 2 and 3
  const auto out = ops::packed_attention(s.q, s.k, s.v, Spans{{0, 130, {}}});
  CHECK(out.slice(0, 0, 100).isfinite().all().item<bool>());
  CHECK(out.slice(1, 0, 2).isfinite().all().item<bool>());
  CHECK(out.slice(0, 100).slice(1, 2).isnan().all().item<bool>());
}

TEST_CASE("packed attention refuses spans that leave tokens out and prefixes that are not there yet") {
  const auto x = torch::ones({6, 2, 4});
  CHECK_THROWS_AS(ops::packed_attention(x, x, x, Spans{{0, 3, {}}, {4, 6, {}}}), c10::Error);
  CHECK_THROWS_AS(ops::packed_attention(x, x, x, Spans{{0, 5, {}}}), c10::Error);
  CHECK_THROWS_AS(ops::packed_attention(x, x, x, Spans{{0, 3, {}}, {3, 6, {{2, 4}}}}), c10::Error);
  CHECK_THROWS_AS(ops::packed_attention(x, x, x, Spans{{0, 3, {}}, {3, 6, {{-1, 2}}}}), c10::Error);
  CHECK_THROWS_AS(ops::packed_attention(x.slice(0, 2), x, x, Spans{{0, 6, {}}}), c10::Error);
}
