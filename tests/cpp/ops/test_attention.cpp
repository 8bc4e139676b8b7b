#include "radonc/ops/attention.hpp"

#include <doctest/doctest.h>
#include <torch/torch.h>

#include "support/tensors.hpp"

using namespace radonc;

namespace {

/// softmax(q kᵀ / sqrt(d)) v in float64, [L, heads, d], with seen [L, M].
torch::Tensor reference(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                        const torch::Tensor& seen) {
  const std::int64_t repeats = q.size(1) / k.size(1);
  const auto wide = [&](const torch::Tensor& t, std::int64_t times) {
    return t.detach().to(torch::kFloat64).repeat_interleave(times, 1).transpose(0, 1);
  };
  auto scores = wide(q, 1).matmul(wide(k, repeats).transpose(1, 2)) / std::sqrt(static_cast<double>(q.size(2)));
  scores = scores.masked_fill(~seen.unsqueeze(0), -1e300);
  return scores.softmax(-1).matmul(wide(v, repeats)).transpose(0, 1);
}

}  // namespace

TEST_CASE("packed attention stays inside its spans") {
  torch::manual_seed(6);
  const auto q = torch::randn({12, 6, 16}), k = torch::randn({12, 2, 16}), v = torch::randn({12, 2, 16});
  auto tree = torch::ones({7, 7}, torch::kBool).tril_();
  tree.slice(0, 5, 7).slice(1, 3, 5).fill_(false);
  const auto out = ops::packed_attention(q, k, v, {{0, 5, {}}, {5, 12, tree}});
  const auto causal = torch::ones({5, 5}, torch::kBool).tril_();
  const auto part = [](const torch::Tensor& t, int a, int b) { return t.slice(0, a, b); };
  CHECK(test::relative_difference(part(out, 0, 5), reference(part(q, 0, 5), part(k, 0, 5), part(v, 0, 5), causal)) <
        2e-6);
  CHECK(test::relative_difference(part(out, 5, 12), reference(part(q, 5, 12), part(k, 5, 12), part(v, 5, 12), tree)) <
        2e-6);
}

TEST_CASE("cached attention sees each sequence's own length") {
  torch::manual_seed(7);
  const auto q = torch::randn({3, 6, 16}), k = torch::randn({3, 2, 9, 16}), v = torch::randn({3, 2, 9, 16});
  auto seen = torch::zeros({3, 9}, torch::kBool);
  for (int b = 0; b < 3; ++b) seen[b].slice(0, 0, 3 * b + 1).fill_(true);
  const auto out = ops::cached_attention(q, k, v, seen);
  for (int b = 0; b < 3; ++b) {
    const auto expected =
        reference(q[b].unsqueeze(0), k[b].transpose(0, 1), v[b].transpose(0, 1), seen[b].unsqueeze(0));
    CHECK(test::relative_difference(out[b].unsqueeze(0), expected) < 2e-6);
  }
}

TEST_CASE("packed attention refuses heads that cannot share") {
  CHECK_THROWS_AS(ops::packed_attention(torch::ones({2, 3, 4}), torch::ones({2, 2, 4}), torch::ones({2, 2, 4}), {}),
                  c10::Error);
}
