#include <cuda_bf16.h>
#include <doctest/doctest.h>

#include "cuda/arrays.hpp"
#include "kernels/cuda/low_rank.cuh"
#include "kernels/levels.hpp"
#include "kernels/low_rank.hpp"

using namespace radonc;
using namespace radonc::kernels;
using test::Array, test::wide;

namespace {

using Bf16 = __nv_bfloat16;

const Dropout kDropout(0.3, -7);
constexpr float kFactor = 0.75F;

/// Factors of the elements: 0 where they are dropped.
std::vector<double> factors(std::int64_t n) {
  std::vector<double> all;
  for (std::int64_t i = 0; i < n; ++i) {
    const auto words = philox(kDropout.seed, static_cast<std::uint64_t>(i / 4));
    all.push_back(words.values[i % 4] >= kDropout.threshold ? double{kDropout.scale} : 0);
  }
  return all;
}

/// w [rank, n] in the shape that the kernels read.
Array<Bf16> padded(const Array<Bf16>& w, std::int64_t rank, std::int64_t n) {
  const std::int64_t rows = device::low_rank_rows(rank), columns = device::low_rank_columns(n);
  Array<Bf16> all(rows * columns);
  for (std::int64_t k = 0; k < rows; ++k)
    for (std::int64_t j = 0; j < columns; ++j)
      all[k * columns + j] = k < rank && j < n ? w[k * n + j] : device::rounded<Bf16>(0);
  return all;
}

template <typename T>
T* words(Array<Bf16>& array) {
  return reinterpret_cast<T*>(array.data());
}

struct Sizes {
  std::int64_t rows, n, rank;
};

void check_project(const Sizes& sizes) {
  const auto [rows, n, rank] = sizes;
  const auto x = test::normal<Bf16>(rows * n, 1), w = test::normal<Bf16>(rank * n, 2);
  Array<Bf16> dropped(rows * n), out(rows * rank), cpu_out(rows * rank);
  device::low_rank_project(test::Launch{}, x.data(), padded(w, rank, n).data(), out.data(), rows, n, rank, kFactor,
                           kDropout);
  device::dropout(test::Launch{}, x.data(), dropped.data(), rows * n, kDropout);
  std::vector<double> expected;
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t k = 0; k < rank; ++k) {
      double sum = 0;
      for (std::int64_t j = 0; j < n; ++j) sum += wide(dropped[row * n + j]) * wide(w[k * n + j]);
      expected.push_back(kFactor * sum);
    }
  CHECK(test::error(out, expected) < 1);
  if (!level_kernels().has_bfloat16) return;
  low_rank_project(words<const std::uint16_t>(dropped), reinterpret_cast<const std::uint16_t*>(w.data()), rows, n, rank,
                   kFactor, words<std::uint16_t>(cpu_out));
  CHECK(test::error(out, wide(cpu_out)) < 2);
}

void check_add(const Sizes& sizes) {
  const auto [rows, n, rank] = sizes;
  const auto low = test::normal<Bf16>(rows * rank, 3), w = test::normal<Bf16>(rank * n, 4);
  const auto before = test::normal<Bf16>(rows * n, 5);
  auto y = before;
  const auto factor = factors(rows * n);
  std::vector<double> expected;
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (std::int64_t k = 0; k < rank; ++k) sum += wide(low[row * rank + k]) * wide(w[k * n + j]);
      expected.push_back(wide(y[row * n + j]) + factor[static_cast<std::size_t>(row * n + j)] * kFactor * sum);
    }
  device::low_rank_add(test::Launch{}, low.data(), padded(w, rank, n).data(), y.data(), rows, n, rank, kFactor,
                       kDropout);
  CHECK(test::error(y, expected) < 1);
  bool is_left = true;
  for (std::int64_t i = 0; i < rows * n; ++i)
    is_left &= factor[static_cast<std::size_t>(i)] != 0 || y[i].bits == before[i].bits;
  CHECK(is_left);
}

void check_gradient(const Sizes& sizes) {
  const auto [rows, n, rank] = sizes;
  const auto low = test::normal<Bf16>(rows * rank, 6), x = test::normal<Bf16>(rows * n, 7);
  const std::int64_t shares = device::low_rank_shares(rows, n);
  Array<Bf16> dropped(rows * n);
  Array<float> partial(shares > 1 ? shares * rank * n : 0), out(rank * n), cpu_out(rank * n);
  device::low_rank_gradient(test::Launch{}, low.data(), x.data(), partial.data(), out.data(), rows, n, rank, kFactor,
                            kDropout);
  device::dropout(test::Launch{}, x.data(), dropped.data(), rows * n, kDropout);
  std::vector<double> expected;
  for (std::int64_t k = 0; k < rank; ++k)
    for (std::int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (std::int64_t row = 0; row < rows; ++row) sum += wide(low[row * rank + k]) * wide(dropped[row * n + j]);
      expected.push_back(kFactor * sum);
    }
  CHECK(test::error(out, expected) < 1);
  CHECK(partial.has_guards());
  if (!level_kernels().has_bfloat16) return;
  low_rank_gradient(reinterpret_cast<const std::uint16_t*>(low.data()), words<const std::uint16_t>(dropped), rows, n,
                    rank, kFactor, cpu_out.data());
  CHECK(test::error(out, wide(cpu_out)) < 2);
}

template <typename Check>
void at_all_sizes(Check check) {
  for (const std::int64_t rank : {1, 4, 8, 16, 17, 64})
    for (const std::int64_t n : {16, 72, 576, 1000})
      for (const std::int64_t rows : {0, 1, 63, 64, 65, 200}) {
        if (n * rows * rank > 200 * 1000 * 8 && rows != 65) continue;  // the rest in a few seconds
        CAPTURE(rank);
        CAPTURE(n);
        CAPTURE(rows);
        check({rows, n, rank});
      }
}

}  // namespace

TEST_CASE("low_rank_project's device code equals the formula and the CPU kernel, with dropout's own values") {
  at_all_sizes(check_project);
}

TEST_CASE("low_rank_add's device code equals the formula, and leaves what is dropped as it was") {
  at_all_sizes(check_add);
}

TEST_CASE("low_rank_gradient's device code equals the formula and the CPU kernel, however many share the rows") {
  CHECK(device::low_rank_shares(0, 64) == 1);
  CHECK(device::low_rank_shares(129, 64) == 2);
  CHECK(device::low_rank_shares(2048, 4096) == 4);
  at_all_sizes(check_gradient);
}

TEST_CASE("low_rank's device code sees an infinite element only where it is kept") {
  const std::int64_t rows = 3, n = 64, rank = 2;
  auto x = test::normal<Bf16>(rows * n, 1);
  const auto low = test::normal<Bf16>(rows * rank, 2), w = test::normal<Bf16>(rank * n, 3);
  const auto factor = factors(rows * n);
  for (std::int64_t i = 0; i < rows * n; ++i)
    if (factor[static_cast<std::size_t>(i)] == 0) x[i] = device::rounded<Bf16>(HUGE_VALF);
  Array<Bf16> out(rows * rank);
  Array<float> gradient(rank * n);
  device::low_rank_project(test::Launch{}, x.data(), padded(w, rank, n).data(), out.data(), rows, n, rank, 1, kDropout);
  device::low_rank_gradient(test::Launch{}, low.data(), x.data(), nullptr, gradient.data(), rows, n, rank, 1, kDropout);
  for (const double value : wide(out)) CHECK(std::isfinite(value));
  for (const double value : wide(gradient)) CHECK(std::isfinite(value));
}
