#include <cuda_bf16.h>
#include <doctest/doctest.h>

#include "cuda/arrays.hpp"
#include "kernels/cuda/cross_entropy.cuh"

using namespace radonc;
using test::Array, test::wide;

namespace {

Array<std::int64_t> labels_for(std::int64_t rows, std::int64_t n) {
  Array<std::int64_t> labels(rows);
  for (std::int64_t r = 0; r < rows; ++r) labels[r] = r % 3 == 0 ? n - 1 : r * 7919 % n;
  return labels;
}

template <typename T>
void check(std::int64_t rows, std::int64_t n, std::int64_t shift) {
  CAPTURE(rows);
  CAPTURE(n);
  CAPTURE(shift);
  const auto logits = test::normal<T>(rows * n, 1, 4, shift);
  const auto labels = labels_for(rows, n);
  auto untouched = logits, gradient = logits, cpu_gradient = logits;
  Array<float> losses(rows), again(rows), cpu_losses(rows);
  kernels::device::cross_entropy(test::Launch{}, untouched.data(), labels.data(), losses.data(), rows, n, false);
  kernels::device::cross_entropy(test::Launch{}, gradient.data(), labels.data(), again.data(), rows, n, true);

  std::vector<double> expected_losses, expected_gradient;
  for (std::int64_t r = 0; r < rows; ++r) {
    double most = -1e300, sum = 0;
    for (std::int64_t i = r * n; i < (r + 1) * n; ++i) most = std::max(most, wide(logits[i]));
    for (std::int64_t i = r * n; i < (r + 1) * n; ++i) sum += std::exp(wide(logits[i]) - most);
    for (std::int64_t i = 0; i < n; ++i)
      expected_gradient.push_back(std::exp(wide(logits[r * n + i]) - most) / sum - (i == labels[r] ? 1 : 0));
    expected_losses.push_back(std::log(sum) + most - wide(logits[r * n + labels[r]]));
    cpu_losses[r] = kernels::cross_entropy_row(test::cpu(cpu_gradient.data()) + r * n, n, labels[r], true);
  }
  CHECK(test::error(losses, expected_losses) < 1);
  CHECK(test::error(gradient, expected_gradient) < 1);
  CHECK(test::error(losses, wide(cpu_losses)) < 2);
  CHECK(test::error(gradient, wide(cpu_gradient)) < 4);  // the CPU's sum is one of thousands of terms in a row
  CHECK(wide(again) == wide(losses));
  CHECK(wide(untouched) == wide(logits));
}

}  // namespace

TEST_CASE_TEMPLATE("cross entropy's device code and its gradient equal the formula and the CPU kernel", T, float,
                   __nv_bfloat16) {
  for (const std::int64_t n : {1, 2, 8, 33, 1000}) check<T>(5, n, 0);
  check<T>(3, 9000, 0);  // more packs than threads
  check<T>(2, 9001, 0);
  check<T>(3, 64, 1);  // off the 16-byte boundary
  check<T>(0, 64, 0);
}

TEST_CASE("a token that is sure keeps its small gradient in bfloat16") {
  const std::int64_t n = 16;
  Array<__nv_bfloat16> logits(n);
  for (std::int64_t i = 0; i < n; ++i) logits[i] = __float2bfloat16_rn(i == 3 ? 20.0F : 0.0F);
  Array<std::int64_t> labels(1);
  labels[0] = 3;
  Array<float> losses(1);
  kernels::device::cross_entropy(test::Launch{}, logits.data(), labels.data(), losses.data(), 1, n, true);
  CHECK(wide(logits[3]) == doctest::Approx(-15 * std::exp(-20.0)).epsilon(0.1));
}

TEST_CASE("logits that are not finite, and labels outside the vocabulary, make the loss NaN or infinite") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::int64_t n = 40;
  Array<std::int64_t> labels(3);
  Array<float> losses(3);
  labels[0] = labels[2] = 0;
  const auto loss_with = [&](float odd, std::int64_t place, std::int64_t label) {  // in the second row of three
    auto logits = test::normal<float>(3 * n, 1);
    logits[n + place] = odd;
    labels[1] = label;
    kernels::device::cross_entropy(test::Launch{}, logits.data(), labels.data(), losses.data(), 3, n, false);
    return losses[1];
  };
  for (const std::int64_t place : {0, 17, 39}) {
    CHECK(!std::isfinite(loss_with(std::numeric_limits<float>::quiet_NaN(), place, 5)));
    CHECK(!std::isfinite(loss_with(kInfinity, place, 5)));
    CHECK(std::isfinite(loss_with(-kInfinity, place, 5)));
    CHECK(loss_with(-kInfinity, place, place) == kInfinity);
  }
  CHECK(std::isnan(loss_with(0, 0, -1)));
  CHECK(std::isnan(loss_with(0, 0, n)));
  Array<float> none(n);
  for (std::int64_t i = 0; i < n; ++i) none[i] = -kInfinity;
  kernels::device::cross_entropy(test::Launch{}, none.data(), labels.data(), losses.data(), 1, n, false);
  CHECK(!std::isfinite(losses[0]));
}
