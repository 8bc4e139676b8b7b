#include "radonc/ops/attention.hpp"

#include <doctest/doctest.h>
#include <torch/torch.h>

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

torch::Tensor causal(std::int64_t length) {
  return torch::ones({length, length}, torch::kBool).tril_();
}

/// A trunk and two branches that do not see each other.
torch::Tensor tree(std::int64_t length) {
  auto seen = causal(length);
  const std::int64_t first = length / 2, second = length * 3 / 4;
  seen.slice(0, second, length).slice(1, first, second).fill_(false);
  return seen;
}

torch::Tensor window(std::int64_t length, std::int64_t width) {
  return causal(length).triu_(1 - width);
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

/// One span in bfloat16: no further from float64 than torch's kernel is.
void check_span(const Sample& s, const torch::Tensor& seen, bool is_causal) {
  const auto exact = differentiate(
      s, torch::kFloat64, [&](const auto& q, const auto& k, const auto& v) { return reference(q, k, v, seen); });
  const auto torchs = differentiate(
      s, torch::kBFloat16, [&](const auto& q, const auto& k, const auto& v) { return by_torch(q, k, v, seen); });
  const auto ours = differentiate(s, torch::kBFloat16, [&](const auto& q, const auto& k, const auto& v) {
    return ops::packed_attention(q, k, v, {{0, q.size(0), is_causal ? torch::Tensor() : seen}});
  });
  for (std::size_t i = 0; i < exact.size(); ++i) {
    CAPTURE(i);
    const auto error = [&](const torch::Tensor& x) { return (x.to(torch::kFloat64) - exact[i]).norm().item<double>(); };
    CHECK(error(ours[i]) <= 1.2 * error(torchs[i]) + 1e-5 * exact[3].norm().item<double>());
    CHECK(error(ours[i]) <= 1e-2 * (exact[i].norm().item<double>() + 1e-3));
  }
}

}  // namespace

TEST_CASE("packed attention stays inside its spans") {
  torch::manual_seed(6);
  const auto q = torch::randn({12, 6, 16}), k = torch::randn({12, 2, 16}), v = torch::randn({12, 2, 16});
  const auto out = ops::packed_attention(q, k, v, {{0, 5, {}}, {5, 12, tree(7)}});
  const auto part = [](const torch::Tensor& t, int a, int b) { return t.slice(0, a, b); };
  CHECK(test::relative_difference(part(out, 0, 5), reference(part(q, 0, 5), part(k, 0, 5), part(v, 0, 5), causal(5))) <
        2e-6);
  CHECK(test::relative_difference(part(out, 5, 12),
                                  reference(part(q, 5, 12), part(k, 5, 12), part(v, 5, 12), tree(7))) < 2e-6);
}

TEST_CASE("cached attention sees each sequence's own length, and its window") {
  torch::manual_seed(7);
  constexpr std::int64_t kCapacity = 70;
  for (const auto type : {torch::kFloat32, torch::kBFloat16})
    for (const auto& [kv_heads, repeats, d] :
         {std::array<std::int64_t, 3>{2, 3, 16}, {1, 1, 33}, {3, 17, 8}, {1, 4, 300}})
      for (const std::int64_t window : {0, 1, 5}) {  // 17 heads and 300 dimensions are more than the kernel takes
        const auto q = torch::randn({3, kv_heads * repeats, d}).to(type);
        auto k = torch::randn({3, kv_heads, kCapacity, d}).to(type),
             v = torch::randn({3, kv_heads, kCapacity, d}).to(type);
        const auto positions = torch::tensor({0, 4, 69}, torch::kInt64);
        k[0].slice(1, 1).fill_(1e30);  // what is not seen does not matter
        const auto out = ops::cached_attention(q, k, v, positions, window);
        CHECK((out.scalar_type() == type));
        for (int b = 0; b < 3; ++b) {
          const std::int64_t last = positions[b].item<std::int64_t>() + 1;
          const std::int64_t first = window > 0 ? std::max<std::int64_t>(last - window, 0) : 0;
          const auto part = [&](const torch::Tensor& x) {
            return x[b].slice(1, first, last).transpose(0, 1).to(torch::kFloat32);
          };
          const auto expected = reference(q[b].unsqueeze(0).to(torch::kFloat32), part(k), part(v),
                                          torch::ones({1, last - first}, torch::kBool));
          CHECK(test::relative_difference(out[b].unsqueeze(0), expected) < test::tolerance(type));
        }
      }
}

TEST_CASE("a new token goes to its place in each sequence's cache") {
  torch::manual_seed(10);
  const auto positions = torch::tensor({0, 4, 8}, torch::kInt64);
  for (const auto type : {torch::kFloat32, torch::kBFloat16}) {
    const auto cache = torch::randn({3, 2, 9, 5}).to(type), x = torch::randn({3, 2, 5}).to(type);
    auto expected = cache.clone();
    for (int b = 0; b < 3; ++b) expected[b].select(1, 4 * b).copy_(x[b]);
    const auto apart = torch::empty({3, 2, 5, 9}).to(type).transpose(2, 3).copy_(cache);  // not contiguous
    ops::append_to_cache(cache, x.transpose(0, 1).contiguous().transpose(0, 1), positions);
    ops::append_to_cache(apart, x, positions);
    CHECK(torch::equal(cache, expected));
    CHECK(torch::equal(apart, expected));
  }
}

TEST_CASE("packed attention refuses heads that cannot share") {
  CHECK_THROWS_AS(ops::packed_attention(torch::ones({2, 3, 4}), torch::ones({2, 2, 4}), torch::ones({2, 2, 4}), {}),
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
      check_span(s, causal(length), true);
      check_span(s, tree(length), false);
      check_span(s, window(length, 40), false);
    }
  check_span(sample(70, 6, 2, 96), causal(70), true);
  check_span(sample(70, 4, 2, 256), causal(70), true);
  check_span(sample(150, 3, 3, 64), torch::rand({150, 150}) < torch::eye(150) + 0.02, false);  // few keys, not causal
}

TEST_CASE("packed attention in bfloat16 keeps sharp and equal scores") {
  torch::manual_seed(9);
  Sample s = sample(200, 4, 2, 64);
  s.q *= 40;
  check_span(s, causal(200), true);
  s.k.zero_();
  check_span(s, causal(200), true);
}

TEST_CASE("packed attention gives a span the same bits in any company and on any number of threads") {
  torch::manual_seed(10);
  const Sample s = sample(420, 6, 3, 64);
  const std::vector<ops::AttentionSpan> spans = {{0, 7, {}}, {7, 220, tree(213)}, {220, 420, {}}};
  const auto run = [&](const Sample& part, const std::vector<ops::AttentionSpan>& its) {
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
  for (const ops::AttentionSpan& span : spans) {
    const auto part = [&](const torch::Tensor& x) { return x.slice(0, span.begin, span.end); };
    const auto alone = run({part(s.q), part(s.k), part(s.v), part(s.grad)}, {{0, span.end - span.begin, span.seen}});
    for (std::size_t i = 0; i < together.size(); ++i) CHECK(torch::equal(part(together[i]), alone[i]));
  }
}

TEST_CASE("packed attention in bfloat16 spreads NaN only to who sees it, and a query that sees nothing gets zeros") {
  torch::manual_seed(11);
  Sample s = sample(130, 4, 2, 64);
  s.k[100][1][5] = std::numeric_limits<float>::quiet_NaN();  // heads 2 and 3
  const auto out = ops::packed_attention(s.q, s.k, s.v, {{0, 130, {}}});
  CHECK(out.slice(0, 0, 100).isfinite().all().item<bool>());
  CHECK(out.slice(1, 0, 2).isfinite().all().item<bool>());
  CHECK(out.slice(0, 100).slice(1, 2).isnan().all().item<bool>());

  s = sample(130, 4, 2, 64);
  auto seen = causal(130);
  seen[70].fill_(false);
  const auto results = differentiate(s, torch::kBFloat16, [&](const auto& q, const auto& k, const auto& v) {
    return ops::packed_attention(q, k, v, {{0, 130, seen}});
  });
  for (const auto& result : results) CHECK(result.isfinite().all().item<bool>());
  CHECK(results[0][70].abs().max().item<float>() == 0);
  CHECK(results[1][70].abs().max().item<float>() == 0);
}

TEST_CASE("packed attention refuses spans that leave tokens out and masks of another size") {
  const auto x = torch::ones({6, 2, 4});
  CHECK_THROWS_AS(ops::packed_attention(x, x, x, {{0, 3, {}}, {4, 6, {}}}), c10::Error);
  CHECK_THROWS_AS(ops::packed_attention(x, x, x, {{0, 5, {}}}), c10::Error);
  CHECK_THROWS_AS(ops::packed_attention(x, x, x, {{0, 6, causal(5)}}), c10::Error);
  CHECK_THROWS_AS(ops::packed_attention(x, x, x, {{0, 6, causal(6).to(torch::kFloat32)}}), c10::Error);
}
