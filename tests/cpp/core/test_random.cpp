#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "radonc/core/random.hpp"

using radonc::core::Random;

TEST_CASE("SplitMix64 gives the published sequence") {
  Random random(1234567);
  for (const std::uint64_t expected : {6457827717110365317ULL, 3203168211198807973ULL, 9817491932198370423ULL,
                                       4593380528125082431ULL, 16408922859458223821ULL})
    CHECK(random.next() == expected);
}

TEST_CASE("numbers stay in their range and are spread evenly") {
  Random random(7);
  std::array<int, 6> counts{};
  double sum = 0;
  for (int i = 0; i < 60'000; ++i) {
    const std::uint64_t die = random.below(6);
    REQUIRE(die < 6);
    ++counts[die];
    const double uniform = random.uniform();
    REQUIRE(uniform >= 0);
    REQUIRE(uniform < 1);
    sum += uniform;
  }
  for (const int count : counts) CHECK(std::abs(count - 10'000) < 500);  // five standard deviations
  CHECK(sum / 60'000 == doctest::Approx(0.5).epsilon(0.02));
  CHECK(random.below(1) == 0);
  const std::uint64_t wide = (1ULL << 63) + 1;
  for (int i = 0; i < 100; ++i) CHECK(random.below(wide) < wide);
}

TEST_CASE("a shuffle is a permutation, and the seed's own") {
  std::vector<int> items(100);
  std::iota(items.begin(), items.end(), 0);
  auto first = items, second = items, other = items;
  Random(3).shuffle(first);
  Random(3).shuffle(second);
  Random(4).shuffle(other);
  CHECK(first == second);
  CHECK(first != other);
  CHECK(first != items);
  std::sort(first.begin(), first.end());
  CHECK(first == items);
  std::vector<int> none;
  Random(1).shuffle(none);
  CHECK(none.empty());
}
