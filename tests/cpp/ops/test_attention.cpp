#include "radonc/ops/attention.hpp"

#include <doctest/doctest.h>
#include <torch/torch.h>

#include <array>

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

TEST_CASE("packed attention refuses heads that cannot share") {
  CHECK_THROWS_AS(ops::packed_attention(torch::ones({2, 3, 4}), torch::ones({2, 2, 4}), torch::ones({2, 2, 4}), {}),
                  c10::Error);
}
