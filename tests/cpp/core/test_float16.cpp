#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "radonc/core/float16.hpp"

using namespace radonc;

namespace {

/// Each finite value comes back, the one halfway to the next goes to the even one, and its neighbours to the nearer.
template <typename ToFloat, typename FromFloat>
int count_wrong(std::uint32_t infinity, ToFloat to_float, FromFloat from_float) {
  constexpr float kUp = std::numeric_limits<float>::infinity();
  int wrong = 0;
  for (std::uint32_t sign = 0; sign <= 0x8000; sign += 0x8000) {
    const auto rounds = [&](float magnitude, std::uint32_t expected) {
      const float value = sign != 0 ? -magnitude : magnitude;
      wrong += from_float(value) != static_cast<std::uint16_t>(sign | expected);
    };
    for (std::uint32_t bits = 0; bits < infinity; ++bits) {
      const float value = to_float(static_cast<std::uint16_t>(bits));
      rounds(value, bits);
      // The largest value's successor, were there one, decides where infinity begins.
      const double next = bits + 1 < infinity ? double{to_float(static_cast<std::uint16_t>(bits + 1))}
                                              : 2.0 * value - to_float(static_cast<std::uint16_t>(bits - 1));
      const auto halfway = static_cast<float>((value + next) / 2);  // exact
      rounds(halfway, bits + bits % 2);
      rounds(std::nextafter(halfway, 0.0F), bits);
      rounds(std::nextafter(halfway, kUp), bits + 1);
    }
    rounds(kUp, infinity);
  }
  return wrong;
}

}  // namespace

TEST_CASE("half has the values of IEEE 754's binary16") {
  CHECK(core::half_to_float(0x3C00) == 1);
  CHECK(core::half_to_float(0xC000) == -2);
  CHECK(core::half_to_float(0x7BFF) == 65504);
  CHECK(core::half_to_float(0x0400) == 0x1p-14F);
  CHECK(core::half_to_float(0x0001) == 0x1p-24F);
  CHECK(core::half_to_float(0x83FF) == -1023 * 0x1p-24F);
  CHECK(std::signbit(core::half_to_float(0x8000)));
  CHECK(core::half_to_float(0xFC00) == -INFINITY);
  CHECK(std::isnan(core::half_to_float(0x7E00)));
}

TEST_CASE("float rounds to the nearest half, and halfway to the even one") {
  CHECK(count_wrong(0x7C00, core::half_to_float, core::float_to_half) == 0);
  CHECK(core::float_to_half(std::numeric_limits<float>::max()) == 0x7C00);
  CHECK(core::float_to_half(std::numeric_limits<float>::denorm_min()) == 0);
  CHECK(core::float_to_half(std::numeric_limits<float>::quiet_NaN()) == 0x7E00);
  CHECK(std::isnan(core::half_to_float(core::float_to_half(std::bit_cast<float>(0xFF800001U)))));
}

TEST_CASE("float rounds to the nearest bfloat16, and halfway to the even one") {
  CHECK(core::bfloat16_to_float(0x3FC0) == 1.5F);
  CHECK(count_wrong(0x7F80, core::bfloat16_to_float, core::float_to_bfloat16) == 0);
  CHECK(core::float_to_bfloat16(std::numeric_limits<float>::max()) == 0x7F80);
  CHECK(core::float_to_bfloat16(std::numeric_limits<float>::quiet_NaN()) == 0x7FC0);
  CHECK(std::isnan(core::bfloat16_to_float(core::float_to_bfloat16(std::bit_cast<float>(0xFF800001U)))));
}
