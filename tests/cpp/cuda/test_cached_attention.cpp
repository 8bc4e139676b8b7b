#include <cuda_bf16.h>
#include <doctest/doctest.h>

#include "cuda/arrays.hpp"
#include "kernels/cached_attention.hpp"
#include "kernels/cuda/cached_attention.cuh"

using namespace radonc;
using kernels::device::CacheShape;
using test::Array, test::wide;

namespace {

constexpr std::int64_t kSlots = 4;

/// Sequences at places of a cache, of which what they don't see is NaN.
template <typename T>
struct Sample {
  CacheShape shape;
  Array<std::int64_t> slots, positions;
  Array<T> q, k, v;

  Sample(const CacheShape& its, const std::vector<std::int64_t>& places)
      : shape(its),
        slots(shape.sequences),
        positions(shape.sequences),
        q(test::normal<T>(shape.sequences * shape.heads * shape.d, 1)),
        k(kSlots * shape.kv_heads * shape.capacity * shape.d),
        v(k.size()) {
    const auto keys = test::normal<T>(k.size(), 2), values = test::normal<T>(k.size(), 3);
    for (std::int64_t b = 0; b < shape.sequences; ++b) {
      slots[b] = (b * 3 + 1) % kSlots;
      positions[b] = places[static_cast<std::size_t>(b)];
      for (std::int64_t head = 0; head < shape.kv_heads; ++head) {
        std::copy(&keys[seen(b, head, first(b))], &keys[seen(b, head, positions[b] + 1)], &k[seen(b, head, first(b))]);
        std::copy(&values[seen(b, head, first(b))], &values[seen(b, head, positions[b] + 1)],
                  &v[seen(b, head, first(b))]);
      }
    }
  }

  [[nodiscard]] std::int64_t first(std::int64_t b) const {
    return shape.window > 0 ? std::max<std::int64_t>(positions[b] + 1 - shape.window, 0) : 0;
  }
  /// Where the key-value head's position begins in k and v.
  [[nodiscard]] std::int64_t seen(std::int64_t b, std::int64_t head, std::int64_t position) const {
    return ((slots[b] * shape.kv_heads + head) * shape.capacity + position) * shape.d;
  }

  [[nodiscard]] std::vector<double> expected() const {
    std::vector<double> out;
    const std::int64_t d = shape.d;
    for (std::int64_t row = 0; row < shape.sequences * shape.heads; ++row) {
      const std::int64_t b = row / shape.heads, head = row % shape.heads / (shape.heads / shape.kv_heads);
      std::vector<double> scores, sums(static_cast<std::size_t>(d));
      for (std::int64_t t = first(b); t <= positions[b]; ++t) {
        double dot = 0;
        for (std::int64_t i = 0; i < d; ++i) dot += wide(q[row * d + i]) * wide(k[seen(b, head, t) + i]);
        scores.push_back(dot / std::sqrt(static_cast<double>(d)));
      }
      double total = 0;
      const double most = *std::max_element(scores.begin(), scores.end());
      for (std::int64_t t = first(b); t <= positions[b]; ++t) {
        const double share = std::exp(scores[static_cast<std::size_t>(t - first(b))] - most);
        total += share;
        for (std::int64_t i = 0; i < d; ++i) sums[static_cast<std::size_t>(i)] += share * wide(v[seen(b, head, t) + i]);
      }
      for (const double sum : sums) out.push_back(sum / total);
    }
    return out;
  }

  [[nodiscard]] Array<T> on_cpu() const {
    Array<T> out(q.size());
    const std::int64_t repeats = shape.heads / shape.kv_heads;
    std::vector<float> scores(static_cast<std::size_t>(repeats * (shape.capacity + 15)));
    for (std::int64_t i = 0; i < shape.sequences * shape.kv_heads; ++i) {
      const std::int64_t b = i / shape.kv_heads, start = seen(b, i % shape.kv_heads, 0), row = i * repeats * shape.d;
      kernels::cached_attention(test::cpu(&q[row]), test::cpu(&k[start]), test::cpu(&v[start]), test::cpu(&out[row]),
                                repeats, shape.d, first(b), positions[b] + 1, scores.data());
    }
    return out;
  }
};

template <typename T>
void check(const CacheShape& shape, const std::vector<std::int64_t>& positions) {
  CAPTURE(shape.heads);
  CAPTURE(shape.d);
  CAPTURE(shape.window);
  const Sample<T> sample(shape, positions);
  const auto expected = sample.expected();
  for (const std::int64_t splits : {1, 2, 5}) {
    CAPTURE(splits);
    Array<T> out(sample.q.size());
    Array<float> partial(shape.sequences * shape.heads * splits * (shape.d + 2));
    kernels::device::cached_attention(test::Launch{}, sample.q.data(), sample.k.data(), sample.v.data(),
                                      sample.slots.data(), sample.positions.data(), out.data(), partial.data(), shape,
                                      splits);
    CHECK(test::error(out, expected) < 1);
    CHECK(partial.has_guards());
    if (shape.heads / shape.kv_heads <= kernels::kMaxSharedHeads) CHECK(test::error(out, wide(sample.on_cpu())) < 2);
  }
}

template <typename T>
void check_append(const CacheShape& shape, std::int64_t shift) {
  CAPTURE(shape.d);
  CAPTURE(shift);
  Array<std::int64_t> slots(shape.sequences), positions(shape.sequences);
  const std::int64_t cached = kSlots * shape.kv_heads * shape.capacity * shape.d;
  const std::int64_t rows = shape.sequences * shape.kv_heads;
  auto keys = test::normal<T>(cached, 1, 1, shift), values = test::normal<T>(cached, 2, 1, shift);
  const auto k = test::normal<T>(rows * shape.d, 3), v = test::normal<T>(rows * shape.d, 4);
  auto expected_keys = wide(keys), expected_values = wide(values);
  for (std::int64_t b = 0; b < shape.sequences; ++b) {
    slots[b] = (b * 3 + 1) % kSlots;
    positions[b] = b * 5 % shape.capacity;
  }
  for (std::int64_t i = 0; i < rows * shape.d; ++i) {
    const std::int64_t row = i / shape.d, b = row / shape.kv_heads,
                       head = slots[b] * shape.kv_heads + row % shape.kv_heads;
    const auto place = static_cast<std::size_t>((head * shape.capacity + positions[b]) * shape.d + i % shape.d);
    expected_keys[place] = wide(k[i]);
    expected_values[place] = wide(v[i]);
  }
  kernels::device::append_to_cache(test::Launch{}, keys.data(), values.data(), k.data(), v.data(), slots.data(),
                                   positions.data(), shape);
  CHECK(wide(keys) == expected_keys);
  CHECK(wide(values) == expected_values);
  CHECK(keys.has_guards());
  CHECK(values.has_guards());
}

}  // namespace

TEST_CASE_TEMPLATE("cached_attention's device code equals softmax(q k^T / sqrt(d)) v, and the CPU kernel, in any parts",
                   T, float, __nv_bfloat16) {
  check<T>({3, 4, 2, 131, 64, 0}, {0, 130, 64});  // two heads share keys
  check<T>({2, 3, 3, 67, 128, 0}, {66, 31});      // none
  check<T>({1, 3, 1, 90, 64, 0}, {89});           // three
  check<T>({1, 5, 1, 70, 72, 0}, {69});           // five: two blocks
  check<T>({1, 17, 1, 33, 8, 0}, {32});           // more than the CPU kernel takes
  check<T>({2, 4, 1, 40, 256, 0}, {39, 3});
  check<T>({1, 2, 1, 41, 136, 0}, {40});
  for (const std::int64_t window : {1, 7, 50, 200}) check<T>({2, 4, 2, 100, 16, window}, {99, 30});
  check<T>({0, 4, 2, 100, 16, 0}, {});
}

TEST_CASE("cached_attention's device code keeps scores that are far apart, equal, or not a number") {
  const CacheShape shape = {1, 2, 1, 80, 16, 0};
  Sample<float> sample(shape, {79});
  const auto run = [&](std::int64_t splits) {
    Array<float> out(sample.q.size()), partial(shape.heads * splits * (shape.d + 2));
    kernels::device::cached_attention(test::Launch{}, sample.q.data(), sample.k.data(), sample.v.data(),
                                      sample.slots.data(), sample.positions.data(), out.data(), partial.data(), shape,
                                      splits);
    return out;
  };
  for (std::int64_t i = 0; i < sample.q.size(); ++i) sample.q[i] *= 300;
  for (const std::int64_t splits : {1, 3}) CHECK(test::error(run(splits), sample.expected()) < 200);
  for (std::int64_t i = 0; i < sample.q.size(); ++i) sample.q[i] = i < shape.d ? 0.0F : NAN;
  for (const std::int64_t splits : {1, 3}) {
    const auto out = run(splits);
    const auto expected = sample.expected();
    for (std::int64_t i = 0; i < shape.d; ++i) CHECK(out[i] == doctest::Approx(expected[static_cast<std::size_t>(i)]));
    for (std::int64_t i = shape.d; i < 2 * shape.d; ++i) CHECK(std::isnan(out[i]));
  }
}

TEST_CASE("the keys are split so that few sequences fill a GPU, and many are left whole") {
  const auto splits = [](std::int64_t sequences, std::int64_t capacity, std::int64_t window) {
    return CacheShape{sequences, 32, 8, capacity, 128, window}.decode_splits(132);
  };
  CHECK(splits(1, 4096, 0) == 64);    // 8 blocks for 528
  CHECK(splits(1, 512, 0) == 8);      // 64 keys each
  CHECK(splits(1, 4096, 640) == 10);  // of those that are seen
  CHECK(splits(1, 40, 0) == 1);
  CHECK(splits(16, 4096, 0) == 4);
  CHECK(splits(1000, 4096, 0) == 1);
  CHECK(splits(0, 4096, 0) >= 1);
  CHECK(CacheShape{1, 1, 1, 1 << 20, 64, 0}.decode_splits(132) == 128);
}

TEST_CASE_TEMPLATE("append_to_cache's device code puts each row to its place, and nothing elsewhere", T, float,
                   __nv_bfloat16) {
  for (const std::int64_t d : {1, 8, 12, 64}) {
    check_append<T>({3, 2, 2, 9, d, 0}, 0);
    check_append<T>({4, 3, 3, 30, d, 0}, 1);  // off the 16-byte boundary
    check_append<T>({0, 2, 2, 9, d, 0}, 0);
  }
}
