#include <cuda_bf16.h>
#include <doctest/doctest.h>

#include "cuda/arrays.hpp"
#include "kernels/cuda/dropout.cuh"

using namespace radonc;
using test::Array, test::wide;

TEST_CASE_TEMPLATE("dropout's device code drops each element by its own word", T, float, __nv_bfloat16) {
  const kernels::Dropout settings(0.3, -7);
  for (const std::int64_t n : {0, 1, 3, 8, 255, 257, 4096, 5001}) {
    for (const std::int64_t shift : {0, 1}) {
      CAPTURE(n);
      CAPTURE(shift);
      const auto x = test::normal<T>(n, 1, 1, shift);
      Array<T> y(n);
      kernels::device::dropout(test::Launch{}, x.data(), y.data(), n, settings);
      std::vector<double> expected;
      for (std::int64_t i = 0; i < n; ++i) {
        const auto words = kernels::philox(settings.seed, static_cast<std::uint64_t>(i / 4));
        expected.push_back(words.values[i % 4] >= settings.threshold ? wide(x[i]) / 0.7 : 0);
      }
      CHECK(test::error(y, expected) < 1);
      CHECK(y.has_guards());
    }
  }
}
