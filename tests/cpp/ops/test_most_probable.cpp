#include "radonc/ops/most_probable.hpp"

#include <doctest/doctest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <limits>

#include "support/tensors.hpp"

using namespace radonc;

TEST_CASE("the largest logit of each row, with its log-probability") {
  torch::manual_seed(1);
  for (const std::int64_t vocabulary : {1, 15, 4097, 49'152})
    for (const double spread : {0.01, 3.0, 200.0}) {
      CAPTURE(vocabulary);
      CAPTURE(spread);
      const auto logits = torch::randn({3, vocabulary}) * spread;
      const auto found = ops::most_probable(logits);
      CHECK(torch::equal(found.index, logits.argmax(1)));
      const auto expected = std::get<0>(torch::log_softmax(logits.to(torch::kFloat64), 1).max(1));
      CHECK((found.log_probability - expected).abs().max().item<double>() < 4e-6);
    }
}

TEST_CASE("the first of equals is taken, and what is not a number stays visible") {
  auto logits = torch::zeros({2, 40});
  logits[0][7] = logits[0][30] = 2.0F;
  logits[1][3] = std::numeric_limits<float>::quiet_NaN();
  const auto found = ops::most_probable(logits);
  CHECK(found.index[0].item<std::int64_t>() == 7);
  CHECK_FALSE(found.log_probability[1].isfinite().item<bool>());
  CHECK_THROWS_AS(ops::most_probable(torch::zeros({2, 0})), c10::Error);
  CHECK_THROWS_AS(ops::most_probable(torch::zeros({2, 3}, torch::kInt64)), c10::Error);
}
